using System.Net;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace OrleansOrchestrator.Gateway.Tests.Ingress;

/// <summary>The server in a pod. It tells what it was asked, or does what the path says.</summary>
internal sealed class PodServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _requests;

    private PodServer(string name, HttpProtocols protocols)
    {
        Name = name;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocols));
        _application = builder.Build();
        _application.UseWebSockets();
        _application.Run(AnswerAsync);
    }

    public string Name { get; }

    public int Port { get; private set; }

    /// <summary>How many requests have come.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Ends when a request waits at the gate.</summary>
    public Task Entered => _entered.Task;

    public static async Task<PodServer> StartAsync(string name, HttpProtocols protocols = HttpProtocols.Http1)
    {
        var server = new PodServer(name, protocols);
        await server._application.StartAsync();
        server.Port = new Uri(server._application.Urls.First()).Port;
        return server;
    }

    /// <summary>Lets the waiting requests go on.</summary>
    public void Open() => _gate.TrySetResult();

    /// <summary>Stops as a pod that is told to: requests under way are answered.</summary>
    public Task StopAsync() => _application.StopAsync();

    public ValueTask DisposeAsync()
    {
        Open();
        return _application.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        Interlocked.Increment(ref _requests);
        switch (http.Request.Path.Value)
        {
            case "/wait":
                _entered.TrySetResult();
                await _gate.Task.WaitAsync(http.RequestAborted);
                await http.Response.WriteAsync("done");
                break;
            case "/stream":
                await http.Response.WriteAsync("first\n");
                await http.Response.Body.FlushAsync();
                await _gate.Task.WaitAsync(http.RequestAborted);
                await http.Response.WriteAsync("last\n");
                break;
            case "/abort":
                http.Abort();
                break;
            case "/call":
                http.Response.DeclareTrailer("grpc-status");
                http.Response.ContentType = "application/grpc";
                await http.Request.Body.CopyToAsync(http.Response.Body);
                http.Response.AppendTrailer("grpc-status", "0");
                break;
            default:
                await TellAsync(http);
                break;
        }
    }

    private async Task TellAsync(HttpContext http)
    {
        if (http.WebSockets.IsWebSocketRequest)
        {
            using var socket = await http.WebSockets.AcceptWebSocketAsync();
            var buffer = new byte[100];
            var received = await socket.ReceiveAsync(buffer, http.RequestAborted);
            await socket.SendAsync(buffer.AsMemory(0, received.Count), WebSocketMessageType.Text, true, http.RequestAborted);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, http.RequestAborted);
            return;
        }

        var answer = new JsonObject
        {
            ["server"] = Name,
            ["method"] = http.Request.Method,
            ["target"] = http.Features.Get<IHttpRequestFeature>()!.RawTarget,
            ["protocol"] = http.Request.Protocol,
            ["body"] = await new StreamReader(http.Request.Body).ReadToEndAsync(),
        };
        foreach (var (name, value) in http.Request.Headers)
            answer[name.ToLowerInvariant()] = value.ToString();
        await http.Response.WriteAsync(answer.ToJsonString());
    }
}
