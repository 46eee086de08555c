using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Testing.Programs;

namespace OrleansOrchestrator.Consistency.Tests.Troubles;

/// <summary>
/// Puts a process through a trouble of its database: clients are told to come again, operators why, and once it is over, the same
/// process goes on with all that it has acknowledged.
/// </summary>
/// <param name="api">Its API.</param>
/// <param name="log">What it has said so far.</param>
internal sealed class TroubleTrial(ApiConnection api, Func<string> log)
{
    private const string Maps = "/api/v1/namespaces/default/configmaps";
    // Each part of the silo that is in trouble says so once when it begins and once when it is over, and the database each new reason.
    private const int LogLinesMax = 16;
    private const int LargeBytes = 60_000;
    private const int SmallBytes = 100;
    private static readonly TimeSpan SeenWithin = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan RecoversWithin = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly List<string> _acknowledged = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Goes through it.</summary>
    /// <param name="words">What <c>/readyz</c> says meanwhile.</param>
    /// <param name="begin">Makes the trouble.</param>
    /// <param name="end">Ends it.</param>
    public async Task EndureAsync(string words, Func<Task> begin, Func<Task> end)
    {
        await UntilAsync("writes are taken before", RecoversWithin, () => WritesAsync(SmallBytes));
        var linesBefore = CountLogLines();

        await begin();
        try
        {
            await UntilAsync("a write is refused", SeenWithin, async () => !await WritesAsync(LargeBytes));
            var ready = "";
            await UntilAsync($"/readyz says '{words}'", SeenWithin, async () =>
            {
                ready = await ReadReadinessAsync();
                if (ready.Contains(words, StringComparison.Ordinal))
                    return true;
                await WritesAsync(LargeBytes);
                return false;
            }, () => ready + log());
            ready.ShouldContain("[-]store failed: ");
            ready.ShouldContain("readyz check failed");
        }
        finally
        {
            await end();
        }

        await UntilAsync("writes are taken again", RecoversWithin, () => WritesAsync(SmallBytes));
        await UntilAsync("it is ready again", RecoversWithin, async () => (await ReadReadinessAsync()).Contains("readyz check passed", StringComparison.Ordinal));
        var present = (await api.ListAsync(Maps)).Select(map => (string)map["metadata"]!["name"]!).ToHashSet();
        _acknowledged.ShouldBeSubsetOf(present);
        (CountLogLines() - linesBefore).ShouldBeInRange(1, LogLinesMax, log());
    }

    /// <summary>Tries to create an object. A refusal must be one that clients know how to take.</summary>
    /// <returns>Whether it was created.</returns>
    public async Task<bool> WritesAsync(int bytes = SmallBytes)
    {
        var name = $"map-{Guid.NewGuid():N}";
        var map = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ConfigMap",
            ["metadata"] = new JsonObject { ["name"] = name },
            ["data"] = new JsonObject { ["payload"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(bytes)) },
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, Maps)
        {
            Content = new StringContent(map.ToJsonString(), Encoding.UTF8, "application/json"),
        };
        using var response = await api.SendAsync(request);
        var body = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!;
        if (response.StatusCode == HttpStatusCode.Created)
        {
            _acknowledged.Add(name);
            return true;
        }

        ((string?)body["kind"]).ShouldBe("Status");
        (response.StatusCode, (string?)body["reason"]).ShouldBeOneOf(
            (HttpStatusCode.ServiceUnavailable, "ServiceUnavailable"), (HttpStatusCode.GatewayTimeout, "Timeout"));
        response.Headers.RetryAfter.ShouldNotBeNull().Delta.ShouldNotBeNull().ShouldBeGreaterThan(TimeSpan.Zero);
        ((int?)body["details"]!["retryAfterSeconds"]).ShouldNotBeNull().ShouldBeGreaterThan(0);
        return false;
    }

    private async Task<string> ReadReadinessAsync() => (await api.SendAsync(HttpMethod.Get, "/readyz?verbose")).Body;

    private int CountLogLines() => log().Split('\n').Length;

    private static async Task UntilAsync(string what, TimeSpan within, Func<Task<bool>> condition, Func<string>? explain = null)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > within)
                throw new TimeoutException($"not within {within.TotalSeconds} s: {what} {explain?.Invoke()}");
            await Task.Delay(Interval, TimeProvider.System, Cancellation);
        }
    }
}
