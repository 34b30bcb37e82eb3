using Aspire.Hosting.Docker.Resources.ServiceNodes;
using Aspire.Hosting.Docker.Resources.ServiceNodes.Swarm;
using Loomflow.Aspire.AppHost;

var builder = DistributedApplication.CreateBuilder(args);

const int Workers = 2;
const string AuditVolume = "audit-data";

builder.AddDockerComposeEnvironment("compose")
    .ConfigureComposeFile(file => file.AddVolume(new Volume { Name = AuditVolume, Driver = "local" }));

var auditKey = builder.AddGeneratedSecret("audit-key");
var serviceKey = builder.AddGeneratedSecret("service-auth-key");
var openAIKey = builder.AddOptionalSecret("openai-api-key");
var anthropicKey = builder.AddOptionalSecret("anthropic-api-key");

var redis = builder.AddRedis("redis")
    .WithDataVolume()
    .WithAppendOnlyPersistence();

var audit = builder.AddProject<Projects.AuditService>("audit")
    .WithServicePorts()
    .WithHttpHealthCheck("/health", endpointName: "http")
    .WithEnvironment("Audit__Key", auditKey)
    .WithEnvironment("Audit__Directory", builder.AuditDirectory())
    .WithEnvironment("ServiceAuth__Key", serviceKey)
    .WithHttpCommand("/verify", "Verify the audit log", endpointName: "http", commandName: "verify", commandOptions: new HttpCommandOptions
    {
        Description = "Recomputes every signature and every link of the chain, and names the first entry that is damaged.",
        IconName = "ShieldCheckmark",
        IsHighlighted = true,
        ResultMode = HttpCommandResultMode.Auto,
    })
    .PublishAsDockerComposeService((_, service) =>
    {
        service.Restart = "unless-stopped";
        service.AddVolume(new Volume { Name = AuditVolume, Type = "volume", Source = AuditVolume, Target = AuditStorage.ContainerDirectory });
    });

var agentWorker = builder.AddProject<Projects.AgentWorker>("agentworker")
    .WithServicePorts()
    .WithReplicas(Workers)
    .WithHttpHealthCheck("/health", endpointName: "http")
    .WithReference(redis).WaitFor(redis)
    .WithReference(audit).WaitFor(audit)
    .WithEnvironment("ServiceAuth__Key", serviceKey)
    .WithModels(openAIKey, anthropicKey)
    .PublishAsDockerComposeService((_, service) =>
    {
        service.Restart = "unless-stopped";
        service.Deploy = new Deploy { Replicas = Workers };
    });

var orchestrator = builder.AddProject<Projects.Orchestrator>("orchestrator")
    .WithServicePorts()
    .WithExternalHttpEndpoints()
    .WithHttpHealthCheck("/health", endpointName: "http")
    .WithReference(redis).WaitFor(redis)
    .WithReference(audit).WaitFor(audit)
    .WaitFor(agentWorker)
    .WithEnvironment("ServiceAuth__Key", serviceKey)
    .WithModels(openAIKey, anthropicKey)
    .WithDevelopmentKey()
    .PublishAsDockerComposeService((_, service) => service.Restart = "unless-stopped");

// A workflow that an agent uses as a tool is run by the orchestrator. It waits for the workers, so they do not wait for it.
agentWorker.WithReference(orchestrator);

builder.AddRunReport();

builder.Build().Run();
