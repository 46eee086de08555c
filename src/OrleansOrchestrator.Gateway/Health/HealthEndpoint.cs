using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Readiness;
using OrleansOrchestrator.Gateway.Negotiation;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Responses;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Health;

/// <summary>Serves <c>/livez</c> (whether the process is alive), and <c>/readyz</c> with the older <c>/healthz</c> (whether it can
/// serve the API), as a whole and check by check.</summary>
/// <remarks>https://kubernetes.io/docs/reference/using-api/health-checks/</remarks>
internal sealed partial class HealthEndpoint(IEnumerable<IReadinessCheck> checks, ILogger<HealthEndpoint> logger) : IPathEndpoint
{
    private static readonly IReadinessCheck Ping = new PingCheck();
    private readonly IReadinessCheck[] _live = [Ping];
    private readonly IReadinessCheck[] _ready = [Ping, .. checks];
    private readonly ConcurrentDictionary<string, bool> _reported = [];

    /// <inheritdoc/>
    public bool Serves(string path) => TrySplit(path, out _, out _);

    /// <inheritdoc/>
    public async Task HandleAsync(ApiRequest request)
    {
        TrySplit(request.Info.Path, out var name, out var checkName);
        var checks = name == "livez" ? _live : _ready;
        if (checkName.Length > 0)
        {
            checks = Array.FindAll(checks, check => check.Name == checkName);
            if (checks.Length == 0)
                throw ApiErrors.NoSuchPath();
        }

        var query = request.Http.Request.Query;
        var excluded = query["exclude"];
        var report = new StringBuilder();
        var failures = 0;
        foreach (var check in checks)
        {
            if (excluded.Contains(check.Name))
            {
                report.Append("[+]").Append(check.Name).Append(" excluded: ok\n");
                continue;
            }

            var fault = await RunAsync(check, request.Cancellation);
            if (fault is not null)
                failures++;
            report.Append(Line(check.Name, fault, request.User));
        }

        await SendAsync(request, name, report, failures, query.ContainsKey("verbose"));
    }

    private static async Task SendAsync(ApiRequest request, string name, StringBuilder report, int failures, bool isVerbose)
    {
        report.Append(name).Append(failures == 0 ? " check passed\n" : " check failed\n");
        var text = failures == 0 && !isVerbose ? "ok" : report.ToString();
        request.Http.Response.Headers.XContentTypeOptions = "nosniff";
        await JsonResponse.SendBytesAsync(
            request.Http, failures == 0 ? 200 : 500, Encoding.UTF8.GetBytes(text), MediaTypes.Text, request.Cancellation);
    }

    private async Task<string?> RunAsync(IReadinessCheck check, CancellationToken cancellationToken)
    {
        try
        {
            var fault = await check.CheckAsync(cancellationToken);
            Report(check.Name, fault);
            return fault;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            LogCheckFailed(failure, check.Name);
            return "the check itself failed";
        }
    }

    // Probes come every second: a fault is logged when it begins. Answers always show the present state.
    private void Report(string check, string? fault)
    {
        if (fault is null)
            _reported.TryRemove(check, out _);
        else if (_reported.TryAdd(check, true))
            LogNotReady(check, fault);
    }

    // Only authenticated users see what is wrong.
    private static string Line(string name, string? fault, UserInfo user)
    {
        if (fault is null)
            return $"[+]{name} ok\n";
        return $"[-]{name} failed: {(user.IsIn(WellKnownGroups.Authenticated) ? fault : "reason withheld")}\n";
    }

    private static bool TrySplit(string path, out string name, out string check)
    {
        var parts = path.Trim('/').Split('/', 2);
        name = parts[0];
        check = parts.Length > 1 ? parts[1] : "";
        return name is "livez" or "readyz" or "healthz";
    }

    [LoggerMessage(LogLevel.Warning, "{Check} is not ready: {Fault}")]
    private partial void LogNotReady(string check, string fault);

    [LoggerMessage(LogLevel.Error, "The readiness check {Check} failed.")]
    private partial void LogCheckFailed(Exception failure, string check);

    private sealed class PingCheck : IReadinessCheck
    {
        public string Name => "ping";

        public Task<string?> CheckAsync(CancellationToken cancellationToken) => Task.FromResult<string?>(null);
    }
}
