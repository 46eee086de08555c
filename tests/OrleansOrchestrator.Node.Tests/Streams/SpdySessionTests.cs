using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Node.Spdy;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests.Streams;

/// <summary>Exec and attach over SPDY, as clients before kubectl 1.31 have them, the same on every runtime that runs something.</summary>
public sealed class SpdySessionTests(StreamNodes nodes) : IClassFixture<StreamNodes>
{
    private const int Many = 100;
    private const string V4 = "SPDY/3.1+v4.channel.k8s.io";

    public static TheoryData<string> Runtimes => ["Process", "Docker"];

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task Exec_OfACommand_HasAStreamForEachOutputAndForItsResult(string runtime)
    {
        var node = await nodes.OfAsync(runtime);
        await using var exec = await ExecAsync(node, "echo out; echo err >&2; exit 7", "output=1&error=1", V4);
        var (error, output, errors) = (await OpenAsync(exec, "error"), await OpenAsync(exec, "stdout"), await OpenAsync(exec, "stderr"));
        await exec.Ended.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        (exec.TextOf(output), exec.TextOf(errors)).ShouldBe(("out\n", "err\n"));
        JsonNode.Parse(exec.TextOf(error))!["details"]!["causes"]![0]!["message"]!.GetValue<string>().ShouldBe("7");
        new[] { error, output, errors }.ShouldAllBe(id => exec.HasEnded(id));
        exec.Control[^1].Type.ShouldBe(FrameType.GoAway);
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task Exec_OfMuchInputAndOutput_IsIntactAndSeesTheEndOfTheInput(string runtime)
    {
        var node = await nodes.OfAsync(runtime);
        await using var exec = await ExecAsync(node, "cat; echo over", "input=1&output=1", V4);
        var (_, input, output) = (await OpenAsync(exec, "error"), await OpenAsync(exec, "stdin"), await OpenAsync(exec, "stdout"));
        var bytes = RandomNumberGenerator.GetBytes(10 * 1024 * 1024);
        for (var at = 0; at < bytes.Length; at += 64 * 1024)
            await exec.SendAsync(input, bytes.AsMemory(at, 64 * 1024), isLast: at + (64 * 1024) == bytes.Length);
        await exec.EndsAsync(output);
        exec.BytesOf(output).AsSpan().SequenceEqual((byte[])[.. bytes, .. "over\n"u8]).ShouldBeTrue();
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task Exec_InATerminal_KnowsItsSize(string runtime)
    {
        var node = await nodes.OfAsync(runtime);
        await using var exec = await ExecAsync(node, "while read x; do stty size || busybox stty size; done; echo over", "input=1&output=1&tty=1", V4);
        var (_, input, output, size) = (await OpenAsync(exec, "error"), await OpenAsync(exec, "stdin"), await OpenAsync(exec, "stdout"), await OpenAsync(exec, "resize"));
        await exec.SendAsync(size, "{\"Width\":80,\"Height\":25}\n{\"Width\":101,\"Hei");
        await exec.SendAsync(size, "ght\":37}\n");
        await Eventually.AnswersAsync(
            async () =>
            {
                await exec.SendAsync(input, "\n");
                return exec.TextOf(output).Contains("37 101", StringComparison.Ordinal) ? "it has" : null;
            },
            "the terminal has the size");
        await exec.SendAsync(input, "", isLast: true);
        await exec.SeesAsync(output, "over");
    }

    [Theory]
    [InlineData("SPDY/3.1+v2.channel.k8s.io")]
    [InlineData("SPDY/3.1+channel.k8s.io")]
    [InlineData("SPDY/3.1+")]
    public async Task Exec_InAnOlderProtocol_TellsTheFailureAsText(string protocol)
    {
        var node = await nodes.OfAsync("Process");
        await using var exec = await ExecAsync(node, "exit 3", "output=1&tty=1", protocol);
        var (error, _) = (await OpenAsync(exec, "error"), await OpenAsync(exec, "stdout"));
        await exec.EndsAsync(error);
        exec.TextOf(error).ShouldBe("command terminated with non-zero exit code: exit status 3");
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task Exec_WhoseCallerGoesWithoutAWord_IsEnded(string runtime)
    {
        var node = await nodes.OfAsync(runtime);
        var mark = Random.Shared.Next(100_000, 999_999).ToString(null, null);
        await using (var exec = await ExecAsync(node, $"sleep {mark}; echo not reached", "output=1", V4))
        {
            await OpenAsync(exec, "error");
            await OpenAsync(exec, "stdout");
            await Eventually.HoldsAsync(() => ProcessTable.WithArgument(mark).Count > 0, "it runs");
        }

        await Eventually.IsAsync(() => ProcessTable.WithArgument(mark).Count, 0, "it has ended");
    }

    [Fact]
    public async Task Exec_WhoseStreamsDoNotFit_RefusesThem()
    {
        var node = await nodes.OfAsync("Process");
        await using var exec = await ExecAsync(node, "echo out", "output=1", V4);
        foreach (var type in new[] { "stdin", "resize", "data", "" })
        {
            var id = await exec.SendOpenAsync(("streamtype", type));
            await exec.EndsAsync(id);
            exec.ResetOf(id).ShouldBe(ResetReason.RefusedStream, type);
        }

        await OpenAsync(exec, "error");
        var output = await OpenAsync(exec, "stdout");
        await exec.SeesAsync(output, "out\n");
    }

    /// <summary>A hundred commands, half of which write without end to callers that do not read.</summary>
    [Fact]
    public async Task Exec_ManyTimesAtOnceWithSlowReaders_CostsNoThreadAndLittleMemoryEach()
    {
        var node = await nodes.OfAsync("Process");
        var (threads, bytes) = (Threads(), GC.GetTotalMemory(forceFullCollection: true));
        var sessions = await Task.WhenAll(Enumerable.Range(0, Many).Select(async i =>
        {
            var isSlow = i % 2 == 1;
            var exec = await SpdyClient.OpenAsync(nodes.Connections, node, PathOf(isSlow ? "exec yes 0123456789" : "echo ready; cat", "input=1&output=1"), V4, reads: !isSlow);
            foreach (var type in new[] { "error", "stdin", "stdout" })
                await exec.SendOpenAsync(("streamtype", type));
            return exec;
        }));
        var quick = sessions.Where((_, i) => i % 2 == 0).ToList();
        await Task.WhenAll(quick.Select(session => session.SeesAsync(5, "ready\n")));
        (Threads() - threads).ShouldBeLessThan(40);
        (GC.GetTotalMemory(forceFullCollection: true) - bytes).ShouldBeLessThan(Many * 512L * 1024);
        await Task.WhenAll(quick.Select(async session =>
        {
            await session.SendAsync(3, "still here", isLast: true);
            await session.SeesAsync(5, "still here");
            await session.EndsAsync(1);
        }));
        foreach (var session in sessions)
            await session.DisposeAsync();
    }

    private static Task<uint> OpenAsync(SpdyClient client, string type) => client.OpenAsync(("streamtype", type));

    private Task<SpdyClient> ExecAsync(TestNode node, string script, string streams, string protocol) =>
        SpdyClient.OpenAsync(nodes.Connections, node, PathOf(script, streams), protocol);

    private static string PathOf(string script, string streams) => $"/exec/default/a/main?command=sh&command=-c&command={Uri.EscapeDataString(script)}&{streams}";

    private static int Threads()
    {
        using var process = Process.GetCurrentProcess();
        return process.Threads.Count;
    }
}
