using Loomflow.Aspire.AppHost;

var builder = DistributedApplication.CreateBuilder(args);

const int Workers = 2;
ArgumentOutOfRangeException.ThrowIfLessThan(Workers, 1);

builder.AddPublishingTarget();

var auditKey = builder.AddGeneratedSecret("audit-key");
var serviceKey = builder.AddGeneratedSecret("service-auth-key");
var openAIKey = builder.AddOptionalSecret("openai-api-key");
var anthropicKey = builder.AddOptionalSecret("anthropic-api-key");

var redis = builder.AddRedis("redis")
    .WithDataVolume(builder.ExecutionContext.IsPublishMode ? "redis-data" : null)
    .WithAppendOnlyPersistence()
    .PublishAsStore(cpus: "1", memoryMegabytes: 1024);

var audit = builder.AddProject<Projects.AuditService>("audit")
    .WithServicePorts()
    .WithHealthProbes()
    .WithEnvironment("Audit__Key", auditKey)
    .WithAuditorKey()
    .WithAuditStorage()
    .WithEnvironment("ServiceAuth__Key", serviceKey)
    .WithHttpCommand("/verify", "Verify the audit log", endpointName: "http", commandName: "verify", commandOptions: new HttpCommandOptions
    {
        Description = "Recomputes every signature and every link of the chain, and names the first entry that is damaged.",
        IconName = "ShieldCheckmark",
        IsHighlighted = true,
        ResultMode = HttpCommandResultMode.Auto,
    })
    .PublishAsService(cpus: "1", memoryMegabytes: 512, isSingleWriter: true);

var agentWorker = builder.AddProject<Projects.AgentWorker>("agentworker")
    .WithServicePorts()
    .WithReplicas(Workers)
    .WithHealthProbes()
    .WithReference(redis).WaitFor(redis)
    .WithReference(audit).WaitFor(audit)
    .WithEnvironment("ServiceAuth__Key", serviceKey)
    .WithModels(openAIKey, anthropicKey)
    .PublishAsService(cpus: "1", memoryMegabytes: 1024);

var orchestrator = builder.AddProject<Projects.Orchestrator>("orchestrator")
    .WithServicePorts()
    .WithExternalHttpEndpoints()
    .WithHealthProbes()
    .WithReference(redis).WaitFor(redis)
    .WithReference(audit).WaitFor(audit)
    .WaitFor(agentWorker)
    .WithEnvironment("ServiceAuth__Key", serviceKey)
    .WithDevelopmentKey()
    .PublishAsService(cpus: "1", memoryMegabytes: 512);

// A workflow that an agent uses as a tool is run by the orchestrator. It waits for the workers, so they do not wait for it.
agentWorker.WithReference(orchestrator);

builder.AddRunReport();

builder.Build().Run();
