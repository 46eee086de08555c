using System.Globalization;
using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.Testing.Fuzzing;

namespace OrleansOrchestrator.EndToEnd.Tests.Faults;

/// <summary>
/// Malformed requests of every verb, kind, form and format. A long run: <c>FUZZ_REQUESTS=200000 FUZZ_SEED=1</c> in the environment.
/// </summary>
[Collection(typeof(AloneCollection))]
public sealed class FuzzTests : EndToEndTest
{
    private const int Requests = 3_000;
    private const int Senders = 16;

    [Fact]
    public async Task MalformedRequests_OfAnySort_HarmNobody()
    {
        var cluster = await StartDevAsync("hollow", "--nodes", "1");
        var seed = Setting("FUZZ_SEED") ?? Random.Shared.Next();
        var fuzz = new ApiFuzz(cluster.Api, seed, Report);

        await fuzz.RunAsync(Setting("FUZZ_REQUESTS") ?? Requests, Senders, Cancelled);

        fuzz.Faults.ShouldBeEmpty(fuzz.Summary);
        cluster.Member.HasEnded.ShouldBeFalse();
        (await cluster.Api.SendAsync(HttpMethod.Get, "/readyz")).Code.ShouldBe(System.Net.HttpStatusCode.OK);
        cluster.Member.Describe().ShouldNotContain(" failed.");
    }

    private static int? Setting(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;
}
