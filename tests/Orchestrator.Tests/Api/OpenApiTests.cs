using System.Text.Json;
using Loomflow.Testing;

namespace Loomflow.Aspire.Orchestrator.Tests.Api;

/// <summary>The OpenAPI document says of every route what it does, what it takes and how it answers.</summary>
public sealed class OpenApiTests(RedisFixture fixture)
{
    private static readonly string[] s_routes =
    [
        "GET /queue", "GET /workflows", "GET /workflows/{name}/graph", "POST /workflows/{name}/runs",
        "GET /runs", "GET /runs/parked", "GET /runs/{id}", "GET /runs/{id}/events", "GET /runs/{id}/audit",
        "POST /runs/{id}/cancel", "POST /runs/{id}/signals/{name}", "POST /runs/{id}/retry", "POST /runs/{id}/fork", "POST /runs/{id}/requeue", "POST /runs/{id}/discard",
        "GET /runs/{id}/approvals", "POST /runs/{id}/approvals/{approvalId}",
        "GET /memory", "GET /memory/blocks", "GET /memory/facts", "GET /memory/episodes",
        "DELETE /memory", "DELETE /memory/blocks/{block}", "DELETE /memory/facts/{fact}", "DELETE /memory/episodes/{episode}",
        "GET /budget",
    ];

    [Fact]
    public async Task EveryRoute_HasSummaryParametersAndAnswers()
    {
        await using var host = await ApiHost.StartAsync(fixture.Redis.NewDatabase(), []);

        var document = await host.GetAsync("/openapi/v1.json", TestContext.Current.CancellationToken);

        var found = new List<string>();
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                var route = $"{operation.Name.ToUpperInvariant()} {path.Name.TrimEnd('/')}";
                found.Add(route);
                operation.Value.TryGetProperty("operationId", out _).ShouldBeTrue(route);
                operation.Value.GetProperty("summary").GetString().ShouldNotBeNullOrEmpty(route);
                CheckParameters(route, path.Name, operation.Value);
                CheckAnswers(route, operation.Value.GetProperty("responses"));
            }
        }

        found.Order().ShouldBe(s_routes.Order());
    }

    private static void CheckParameters(string route, string path, JsonElement operation)
    {
        var parameters = operation.TryGetProperty("parameters", out var declared) ? declared.EnumerateArray().ToArray() : [];
        foreach (var parameter in parameters) parameter.GetProperty("description").GetString().ShouldNotBeNullOrEmpty($"{route} {parameter.GetProperty("name")}");
        parameters.Where(parameter => parameter.GetProperty("in").GetString() == "path").Select(parameter => $"{{{parameter.GetProperty("name")}}}")
            .ShouldBe(path.Split('/').Where(segment => segment.StartsWith('{')), ignoreOrder: true, route);
    }

    private static void CheckAnswers(string route, JsonElement responses)
    {
        var answers = responses.EnumerateObject().ToArray();
        answers.ShouldContain(answer => answer.Name.StartsWith('2'), route);
        answers.ShouldContain(answer => answer.Name == "503", route);
        foreach (var refusal in answers.Where(answer => answer.Name[0] is '4' or '5'))
        {
            refusal.Value.GetProperty("content").TryGetProperty("application/problem+json", out _).ShouldBeTrue($"{route} {refusal.Name}");
        }

        if (route.Contains('{', StringComparison.Ordinal)) answers.ShouldContain(answer => answer.Name == "404", route);
    }
}
