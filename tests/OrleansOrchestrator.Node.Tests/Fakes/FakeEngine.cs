using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>A Docker engine that has no containers, and answers each call as a test wants it to.</summary>
internal sealed class FakeEngine : IAsyncDisposable
{
    private readonly WebApplication _application;

    private FakeEngine()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _application = builder.Build();
        _application.Run(HandleAsync);
    }

    /// <summary>Answers a call in another way; null for the usual one. The call is the method and the path without version.</summary>
    public Func<string, Task<(int Code, object Body)?>> Answer { get; set; } = _ => Task.FromResult<(int, object)?>(null);

    /// <summary>The calls so far.</summary>
    public ConcurrentQueue<string> Calls { get; } = [];

    /// <summary>The containers that were asked for.</summary>
    public ConcurrentQueue<JsonNode> Creations { get; } = [];

    public Uri Address => new(_application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public static async Task<FakeEngine> StartAsync()
    {
        var engine = new FakeEngine();
        await engine._application.StartAsync();
        return engine;
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private async Task HandleAsync(HttpContext http)
    {
        var path = http.Request.Path.Value!;
        var call = $"{http.Request.Method} {path[path.IndexOf('/', 1)..]}";
        Calls.Enqueue(call);
        if (call == "POST /containers/create")
            Creations.Enqueue((await JsonNode.ParseAsync(http.Request.Body))!);
        var (code, body) = await Answer(call) ?? call switch
        {
            "GET /info" => (200, new { ServerVersion = "27.0.0", CgroupDriver = "cgroupfs" }),
            "GET /containers/json" => (200, Array.Empty<object>()),
            "POST /containers/create" => (201, new { Id = $"c{Creations.Count}" }),
            _ when call.StartsWith("GET /images/", StringComparison.Ordinal) => (200, new { Id = "image" }),
            _ when call.EndsWith("/start", StringComparison.Ordinal) => (204, (object)""),
            _ when call.StartsWith("DELETE ", StringComparison.Ordinal) => (204, ""),
            _ => (404, new { message = $"no such call: {call}" }),
        };
        http.Response.StatusCode = code;
        if (code == 204)
            return;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(JsonSerializer.Serialize(body));
    }
}
