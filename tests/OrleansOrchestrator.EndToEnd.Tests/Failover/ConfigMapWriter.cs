using System.Diagnostics;
using System.Net;

namespace OrleansOrchestrator.EndToEnd.Tests.Failover;

/// <summary>
/// Creates ConfigMaps one after another, as a careful client does: a write whose outcome it does not know is tried again
/// under the same name, and counts as acknowledged once the server says that it is there with the writer's content.
/// </summary>
/// <param name="api">Where it writes.</param>
/// <param name="space">The namespace.</param>
/// <param name="prefix">What the names of its objects begin with.</param>
/// <param name="pace">How long it rests after each write.</param>
internal sealed class ConfigMapWriter(ApiConnection api, string space, string prefix, TimeSpan pace = default)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly List<Acknowledgement> _acknowledged = [];
    private readonly List<string> _faults = [];

    /// <summary>Every write that the server has confirmed, in order.</summary>
    public IReadOnlyList<Acknowledgement> Acknowledged
    {
        get
        {
            lock (_acknowledged)
                return [.. _acknowledged];
        }
    }

    /// <summary>Answers that were not a success, and broken connections.</summary>
    public IReadOnlyList<string> Faults
    {
        get
        {
            lock (_faults)
                return [.. _faults];
        }
    }

    /// <summary>Status codes that a client may see while a part of the cluster is away.</summary>
    public static IReadOnlyList<HttpStatusCode> AllowedCodes { get; } =
        [HttpStatusCode.ServiceUnavailable, HttpStatusCode.GatewayTimeout, HttpStatusCode.TooManyRequests];

    /// <summary>The content that a name's object must have.</summary>
    public static string ContentOf(string name) => $"content of {name}";

    /// <summary>Writes until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        for (var number = 0; !stop.IsCancellationRequested; number++)
        {
            await WriteAsync($"{prefix}-{number:00000}", stop);
            if (pace > TimeSpan.Zero)
                await Task.Delay(pace, TimeProvider.System, CancellationToken.None);
        }
    }

    /// <summary>The longest time since a moment in which the server confirmed nothing.</summary>
    /// <param name="since">The moment, as of <see cref="Stopwatch.GetTimestamp"/>.</param>
    public TimeSpan LongestGap(long since)
    {
        var times = Acknowledged.Select(item => item.Timestamp).Where(time => time > since).Prepend(since).Append(Stopwatch.GetTimestamp()).ToList();
        return times.Zip(times.Skip(1), Stopwatch.GetElapsedTime).Max();
    }

    private async Task WriteAsync(string name, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            if (await TryWriteAsync(name) is { } revision)
            {
                lock (_acknowledged)
                    _acknowledged.Add(new Acknowledgement(name, revision, Stopwatch.GetTimestamp()));
                return;
            }

            await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
        }
    }

    /// <returns>The object's revision, or null if the outcome is not known.</returns>
    private async Task<long?> TryWriteAsync(string name)
    {
        try
        {
            var answer = await api.SendAsync(
                HttpMethod.Post, $"/api/v1/namespaces/{space}/configmaps", $$$"""{"metadata":{"name":"{{{name}}}"},"data":{"key":"{{{ContentOf(name)}}}"}}""");
            if (answer.Code == HttpStatusCode.Conflict)
                answer = await api.SendAsync(HttpMethod.Get, $"/api/v1/namespaces/{space}/configmaps/{name}");
            if (answer.Code is HttpStatusCode.Created or HttpStatusCode.OK)
                return long.Parse((string)answer.Json["metadata"]!["resourceVersion"]!, System.Globalization.CultureInfo.InvariantCulture);

            AddFault(AllowedCodes.Contains(answer.Code) && IsStatus(answer) ? $"allowed: {answer.Code}" : $"{answer.Code}: {answer.Body}");
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException or IOException)
        {
            AddFault($"connection: {exception.Message}");
        }

        return null;
    }

    private static bool IsStatus(ApiAnswer answer) => answer.Body.StartsWith('{') && (string?)answer.Json["kind"] == "Status";

    private void AddFault(string fault)
    {
        lock (_faults)
            _faults.Add(fault);
    }
}

/// <summary>A write that the server has confirmed.</summary>
/// <param name="Name">The object's name.</param>
/// <param name="Revision">Its revision.</param>
/// <param name="Timestamp">When the writer knew, as of <see cref="Stopwatch.GetTimestamp"/>.</param>
internal sealed record Acknowledgement(string Name, long Revision, long Timestamp);
