using System.Net;
using System.Security.Cryptography;
using OrleansOrchestrator.EndToEnd.Tests.Commands;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Clusters;

/// <summary>
/// What every test here has: resources that are released in reverse order, and a look at the cluster if the test fails.
/// </summary>
public abstract class EndToEndTest : IAsyncLifetime
{
    private readonly Stack<Func<Task>> _releases = [];
    private readonly List<Func<Task<string>>> _descriptions = [];

    /// <summary>A name that nothing else on this machine has: of a namespace, or to find what belongs to the test.</summary>
    private protected string UniqueName { get; } = "e2e-" + RandomNumberGenerator.GetHexString(8, lowercase: true);

    private protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public virtual ValueTask InitializeAsync()
    {
        Assert.SkipWhen(Kubectl.Missing is not null, Kubectl.Missing ?? "");
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        var isFailed = TestContext.Current.TestState?.Result == TestResult.Failed;
        if (isFailed)
            await ReportAsync();
        List<Exception> failures = [];
        while (_releases.TryPop(out var release))
        {
            try
            {
                await release();
            }
            catch (Exception failure)
            {
                failures.Add(failure);
            }
        }

        // Only then: to look through all processes and containers takes longer than most tests.
        if (isFailed || failures.Count > 0)
            await Leftovers.RemoveAsync(UniqueName);
        GC.SuppressFinalize(this);
        if (failures.Count > 0)
            throw new AggregateException(failures);
    }

    /// <summary>Writes a line to the test's output, which reports keep.</summary>
    private protected static void Report(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);

    private protected T Own<T>(T resource)
        where T : IAsyncDisposable
    {
        _releases.Push(async () => await resource.DisposeAsync());
        return resource;
    }

    private protected Scratch NewScratch()
    {
        var scratch = new Scratch();
        _releases.Push(() =>
        {
            scratch.Dispose();
            return Task.CompletedTask;
        });
        return scratch;
    }

    /// <summary>Does something at the end, whatever the test's result.</summary>
    private protected void AtEnd(Func<Task> action) => _releases.Push(action);

    /// <summary>Makes the namespace that has the test's name; it is deleted at the end.</summary>
    private protected async Task OwnNamespaceAsync(ApiConnection api)
    {
        var made = await api.SendAsync(HttpMethod.Post, "/api/v1/namespaces", $$$"""{"metadata":{"name":"{{{UniqueName}}}"}}""");
        made.Code.ShouldBe(HttpStatusCode.Created, made.Body);
        AtEnd(() => api.SendAsync(HttpMethod.Delete, $"/api/v1/namespaces/{UniqueName}"));
    }

    /// <summary>Adds something to tell when the test fails.</summary>
    private protected void OnFailure(Func<Task<string>> describe) => _descriptions.Add(describe);

    private protected async Task<DevCluster> StartDevAsync(string runtime, params string[] arguments)
    {
        var cluster = Own(await DevCluster.StartAsync(runtime, arguments));
        OnFailure(cluster.DescribeAsync);
        return cluster;
    }

    private protected async Task<Member> StartMemberAsync(string dataFolder, params string[] arguments)
    {
        var member = Own(await Member.StartAsync(dataFolder, arguments));
        OnFailure(() => Task.FromResult(member.Describe()));
        return member;
    }

    /// <summary>Starts a node daemon and waits until the cluster says that it is ready.</summary>
    private protected async Task<Member> StartNodeAsync(DevCluster cluster, string dataFolder, string name, string runtime, params string[] arguments)
    {
        var member = Own(Member.Launch(
            dataFolder, ["node", "--kubeconfig", cluster.Member.KubeConfig, "--name", name, "--runtime", runtime, .. arguments]));
        OnFailure(() => Task.FromResult(member.Describe()));
        await Eventually.PassesAsync(async () =>
        {
            var node = await cluster.Api.GetAsync($"/api/v1/nodes/{name}");
            node["status"]!["conditions"]!.AsArray().ShouldContain(
                item => (string?)item!["type"] == "Ready" && (string?)item["status"] == "True", member.Describe());
        });
        return member;
    }

    private async Task ReportAsync()
    {
        foreach (var describe in _descriptions)
            Report(await describe());
    }
}
