using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Clusters;

/// <summary>The data folder of a cluster that has been stopped, with some objects in it; whoever needs one takes a copy.</summary>
public sealed class StoppedDev : IAsyncLifetime
{
    private const int Objects = 60;

    private readonly Scratch _scratch = new();

    /// <summary>Runs the cluster once.</summary>
    public async ValueTask InitializeAsync()
    {
        await using var member = await Member.StartAsync(_scratch.At("data"), "dev", "--port", "0", "--runtime", "hollow");
        using var api = new ApiConnection(member.KubeConfig, TestContext.Current.CancellationToken);
        var filler = new string('x', 3000);
        for (var i = 0; i < Objects; i++)
            await api.SendAsync(HttpMethod.Post, "/api/v1/namespaces/default/configmaps", $$$"""{"metadata":{"name":"c{{{i}}}"},"data":{"k":"{{{filler}}}"}}""");
        await member.StopAsync();
    }

    /// <summary>Copies the folder to a place where nothing is yet.</summary>
    internal async Task CopyToAsync(string folder)
    {
        await using var copy = RunningCommand.Start("cp", ["--archive", _scratch.At("data"), folder]);
        (await copy.WaitAsync(Eventually.Patience)).ExitCode.ShouldBe(0);
    }

    public ValueTask DisposeAsync()
    {
        _scratch.Dispose();
        return ValueTask.CompletedTask;
    }
}
