using System.Diagnostics;
using System.Net.WebSockets;
using k8s.Models;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Runtime.Hollow;
using OrleansOrchestrator.Node.Runtime.Sessions;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests.Streams;

/// <summary>Exec and attach, the same on every runtime that runs something.</summary>
public sealed class StreamTests(StreamNodes nodes) : IClassFixture<StreamNodes>
{
    private const int Stdin = 0, Stdout = 1, Stderr = 2, Resize = 4;

    public static TheoryData<string> Runtimes => ["Process", "Docker", "Containerd"];

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task Exec_OfACommand_TellsOutputErrorAndExitCode(string runtime)
    {
        var node = await nodes.OfAsync(runtime);
        await using var exec = await ExecAsync(node, "echo out; echo err >&2; exit 7", "output=1&error=1");
        await exec.EndedAsync();
        exec.Text(Stdout).ShouldBe("out\n");
        exec.Text(Stderr).ShouldBe("err\n");
        exec.Status["reason"]!.GetValue<string>().ShouldBe("NonZeroExitCode");
        exec.ExitCode.ShouldBe(7);

        await using var unheard = await ExecAsync(node, "echo out; echo err >&2", "output=1");
        await unheard.EndedAsync();
        (unheard.Text(Stdout), unheard.Text(Stderr), unheard.ExitCode).ShouldBe(("out\n", "", 0));
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task Exec_WithInput_GetsItAndItsEnd(string runtime)
    {
        var node = await nodes.OfAsync(runtime);
        await using var exec = await ExecAsync(node, "cat; echo over", "input=1&output=1");
        await exec.SendAsync(Stdin, "one ");
        await exec.SeesAsync(Stdout, "one ");
        await exec.SendAsync(Stdin, "two\n");
        await exec.SeesAsync(Stdout, "one two\n");
        await exec.EndInputAsync();
        await exec.EndedAsync();
        (exec.Text(Stdout), exec.ExitCode).ShouldBe(("one two\nover\n", 0));

        await using var silent = await ExecAsync(node, "cat; echo over", "output=1");
        await silent.EndedAsync();
        silent.Text(Stdout).ShouldBe("over\n", "a command that gets no input reads its end");
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task Exec_InATerminal_KnowsItsSize(string runtime)
    {
        var node = await nodes.OfAsync(runtime);
        await using var exec = await ExecAsync(node, "test -t 0 && test -t 1 && echo terminal $TERM; while read x; do stty size || busybox stty size; done; echo over", "input=1&output=1&error=1&tty=1");
        await exec.SeesAsync(Stdout, "terminal xterm\r\n");
        await exec.SendAsync(Resize, """{"Width":101,"Height":37}""");
        await SizeIsAsync(exec, "37 101");
        await exec.SendAsync(Resize, """{"Width":55,"Height":22}""");
        await SizeIsAsync(exec, "22 55");
        await exec.EndInputAsync();
        await exec.EndedAsync();
        exec.Text(Stdout).ShouldContain("over");
        exec.ExitCode.ShouldBe(0);
    }

    [Theory]
    [InlineData("Process")]
    [InlineData("Docker")]
    public async Task Exec_WhoseCallerGoesWithoutAWord_IsEnded(string runtime)
    {
        var node = await nodes.OfAsync(runtime);
        var mark = Random.Shared.Next(100_000, 999_999).ToString(null, null);
        foreach (var streams in new[] { "output=1", "input=1&output=1&tty=1" })
        {
            await using var exec = await ExecAsync(node, $"echo started; sleep {mark}; echo not reached", streams);
            await exec.SeesAsync(Stdout, "started");
            await Eventually.HoldsAsync(() => ProcessTable.WithArgument(mark).Count > 0, "it runs");
            exec.Abort();
            await Eventually.IsAsync(() => ProcessTable.WithArgument(mark).Count, 0, "it has ended");
        }
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task Exec_InAContainerThatEnds_EndsWithIt(string runtime)
    {
        var node = await nodes.OfAsync(runtime);
        var end = $"/tmp/{Guid.NewGuid():N}";
        await RunAsync(node, "ends", $"while ! test -e {end}; do sleep 0.1; done; rm {end}");
        await using var exec = await OpenAsync(node, PathOf($"touch {end}; {StreamNodes.Idle}", "output=1", "ends"));
        await exec.EndedAsync();
        exec.ExitCode.ShouldNotBe(0);
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task Exec_WhoseCallerDoesNotRead_WaitsAndHoldsUpNobody(string runtime)
    {
        var node = await nodes.OfAsync(runtime);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var slow = new List<ChannelClient>();
        for (var i = 0; i < 10; i++)
            slow.Add(await ExecAsync(node, "exec yes 0123456789012345678901234567890123456789012345678901234567890123456789", "output=1", reads: false));
        await using var exec = await ExecAsync(node, "i=0; while test $i -lt 2000; do echo $i; i=$((i+1)); done", "output=1");
        await exec.EndedAsync();
        exec.Text(Stdout).ShouldEndWith("\n1999\n");
        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(64L * 1024 * 1024);
        foreach (var client in slow)
            await client.DisposeAsync();
    }

    [Theory]
    [InlineData("Process", 100)]
    [InlineData("Docker", 30)]
    public async Task Exec_ManyTimesAtOnce_CostsNoThreadEach(string runtime, int count)
    {
        var node = await nodes.OfAsync(runtime);
        var threads = Threads();
        var sessions = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => ExecAsync(node, "echo ready; cat", "input=1&output=1&error=1")));
        await Task.WhenAll(sessions.Select(session => session.SeesAsync(Stdout, "ready\n")));
        (Threads() - threads).ShouldBeLessThan(25);
        await Task.WhenAll(sessions.Select(async (session, index) =>
        {
            await session.SendAsync(Stdin, $"{index}!");
            await session.SeesAsync(Stdout, $"{index}!");
            await session.EndInputAsync();
            await session.EndedAsync();
            session.ExitCode.ShouldBe(0);
            await session.DisposeAsync();
        }));
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task Exec_OfWhatIsNotThere_SaysSo(string runtime)
    {
        var node = await nodes.OfAsync(runtime);
        (await RefusedAsync(node, "/exec/default/none/main?command=true&output=1")).ShouldBe(404);
        (await RefusedAsync(node, "/exec/default/a/none?command=true&output=1")).ShouldBe(500);
        (await RefusedAsync(node, "/exec/default/a/main?command=true")).ShouldBe(400);
        await using var exec = await OpenAsync(node, "/exec/default/a/main?command=no-such-program&output=1&error=1");
        await exec.EndedAsync();
        if (runtime == "Containerd")
            exec.Status["message"]!.GetValue<string>().ShouldContain("executable file not found", Case.Sensitive, "the interface tells no exit code");
        else
            exec.ExitCode.ShouldBeInRange(126, 127);
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task Attach_ToAContainer_SharesItsStreams(string runtime)
    {
        var node = await nodes.OfAsync(runtime);
        await RunAsync(node, "reader", "while read x; do echo got $x; done; echo eof; sleep 0.5", container => container.Stdin = true);
        await using (var first = await OpenAsync(node, "/attach/default/reader/main?input=1&output=1&error=1"))
        {
            await first.SendAsync(Stdin, "one\n");
            await first.SeesAsync(Stdout, "got one\n");
            await first.EndInputAsync();
        }

        await using var second = await OpenAsync(node, "/attach/default/reader/main?input=1&output=1");
        await using var third = await OpenAsync(node, "/attach/default/reader/main?output=1");

        // An engine takes input of an attach before it sends the output to it.
        await Eventually.HoldsAsync(
            async () =>
            {
                await second.SendAsync(Stdin, "two\n");
                return second.Text(Stdout).Contains("got two\n", StringComparison.Ordinal) && third.Text(Stdout).Contains("got two\n", StringComparison.Ordinal);
            },
            "both see what comes from now on");
        await third.EndInputAsync();
        await second.SendAsync(Stdin, "three\n");
        await third.SeesAsync(Stdout, "got three\n");
        second.Text(Stdout).ShouldNotContain("got one", Case.Sensitive, "it shows what comes from now on");
        second.Text(Stdout).ShouldNotContain("eof");
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task Attach_ToAContainerThatTakesInputOnce_EndsTheInput(string runtime)
    {
        var node = await nodes.OfAsync(runtime);
        await RunAsync(node, "once", "while read x; do echo got $x; done; echo eof; sleep 0.5", container => (container.Stdin, container.StdinOnce) = (true, true));
        await using var attach = await OpenAsync(node, "/attach/default/once/main?input=1&output=1");
        await attach.SendAsync(Stdin, "one\n");
        await attach.SeesAsync(Stdout, "got one\n");
        await attach.EndInputAsync();
        await attach.EndedAsync();
        attach.Text(Stdout).ShouldContain("eof\n");
        attach.ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Attach_WithATerminalToAContainerOnDocker_SharesIt()
    {
        var node = await nodes.OfAsync("Docker");
        await RunAsync(node, "terminal", "while read x; do busybox stty size; done", container => (container.Stdin, container.Tty) = (true, true));
        await using var attach = await OpenAsync(node, "/attach/default/terminal/main?input=1&output=1&tty=1");
        await attach.SendAsync(Resize, """{"Width":77,"Height":11}""");
        await Eventually.AnswersAsync(
            async () =>
            {
                await attach.SendAsync(Stdin, "\n");
                return attach.Text(Stdout).Contains("11 77", StringComparison.Ordinal) ? "it has" : null;
            },
            "the terminal has the size");
    }

    [Theory]
    [InlineData("v4.channel.k8s.io")]
    [InlineData("channel.k8s.io")]
    public async Task Exec_InAnOlderProtocol_IsUnderstood(string protocol)
    {
        var node = await nodes.OfAsync("Process");
        await using var exec = await OpenAsync(node, PathOf("echo out; exit 3", "output=1"), protocol);
        await exec.EndedAsync();
        exec.Text(Stdout).ShouldBe("out\n");
        if (protocol.StartsWith("v4", StringComparison.Ordinal))
            exec.ExitCode.ShouldBe(3);
        else
            exec.Text(3).ShouldBe("command terminated with non-zero exit code: exit status 3");
    }

    [Fact]
    public async Task Exec_InWhichNothingMoves_EndsAfterTheTime()
    {
        await using var node = await nodes.StartAsync(RuntimeKind.Process, options => options with { StreamIdleTime = TimeSpan.FromSeconds(1) });
        await StreamNodes.RunAsync(node, TestPods.Shell("a", StreamNodes.Idle));
        await using var exec = await ExecAsync(node, StreamNodes.Idle, "output=1");
        await exec.EndedAsync();
    }

    [Fact]
    public async Task Exec_OfAProcessThatLeavesOthersBehind_EndsWithTheProcess()
    {
        var node = await nodes.OfAsync("Process");
        await using var exec = await ExecAsync(node, "sleep 60 & echo started; exit 4", "output=1&error=1");
        await exec.EndedAsync();
        (exec.Text(Stdout), exec.ExitCode).ShouldBe(("started\n", 4));
    }

    [Fact]
    public async Task Exec_OnAHollowNode_IsRefusedWithASentence()
    {
        await using var runtime = new HollowRuntime(1, TimeProvider.System);
        (await Should.ThrowAsync<RuntimeException>(async () => await runtime.OpenExecAsync("c", new SessionRequest(), default))).Message
            .ShouldBe("nothing runs in the containers of a hollow node");
    }

    /// <summary>Runs a pod that is not to be restarted.</summary>
    private static async Task RunAsync(TestNode node, string name, string script, Action<V1Container>? change = null)
    {
        var pod = TestPods.Shell(name, script, "Never", DockerMachine.Image);
        change?.Invoke(pod.Spec.Containers[0]);
        await StreamNodes.RunAsync(node, pod);
    }

    /// <summary>An engine sets the size at some time after it was told.</summary>
    private static Task SizeIsAsync(ChannelClient exec, string size) => Eventually.HoldsAsync(
        async () =>
        {
            await exec.SendAsync(Stdin, "\n");
            return exec.Text(Stdout).Contains(size, StringComparison.Ordinal);
        },
        "the terminal has its size");

    private Task<ChannelClient> ExecAsync(TestNode node, string script, string streams, bool reads = true) => OpenAsync(node, PathOf(script, streams), reads: reads);

    private static string PathOf(string script, string streams, string pod = "a") => $"/exec/default/{pod}/main?command=sh&command=-c&command={Uri.EscapeDataString(script)}&{streams}";

    private Task<ChannelClient> OpenAsync(TestNode node, string pathAndQuery, string protocol = "v5.channel.k8s.io", bool reads = true) =>
        ChannelClient.OpenAsync(nodes.Connections, node, pathAndQuery, protocol, reads);

    private async Task<int> RefusedAsync(TestNode node, string pathAndQuery)
    {
        var refused = await Should.ThrowAsync<WebSocketException>(() => OpenAsync(node, pathAndQuery));
        return int.Parse(System.Text.RegularExpressions.Regex.Match(refused.Message, @"\b[45]\d\d\b").Value, null);
    }

    private static int Threads()
    {
        using var process = Process.GetCurrentProcess();
        return process.Threads.Count;
    }
}
