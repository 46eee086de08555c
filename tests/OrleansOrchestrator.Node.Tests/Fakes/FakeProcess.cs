using System.Diagnostics;
using System.Globalization;

namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>A process that a <see cref="FakeEngine"/> runs.</summary>
internal sealed class FakeProcess : IDisposable
{
    private static readonly TimeSpan LastWords = TimeSpan.FromMilliseconds(200);

    private readonly Process _process;

    public FakeProcess(IReadOnlyList<string> words, IEnumerable<string[]> environment, Func<bool, ReadOnlyMemory<byte>, Task> output, Action<int> ended)
    {
        var start = new ProcessStartInfo(words[0], words.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = "/" };
        foreach (var variable in environment)
            start.Environment[variable[0]] = variable[1];
        _process = Process.Start(start)!;
        Id = _process.Id;
        // Never before this constructor returns: the caller has to learn first that it runs.
        _ = Task.Run(() => FollowAsync(output, ended));
    }

    public int Id { get; }

    public void Signal(string name)
    {
        if (name == "SIGKILL")
            Dispose();
        else
            Process.Start("kill", [$"-{name["SIG".Length..]}", Id.ToString(CultureInfo.InvariantCulture)]).Dispose();
    }

    public void Dispose()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }
    }

    private async Task FollowAsync(Func<bool, ReadOnlyMemory<byte>, Task> output, Action<int> ended)
    {
        using var process = _process;
        var copying = Task.WhenAll(
            CopyAsync(process.StandardOutput.BaseStream, part => output(false, part)), CopyAsync(process.StandardError.BaseStream, part => output(true, part)));
        await process.WaitForExitAsync();
        // What it has left may keep its streams open; a container takes that along.
        await Task.WhenAny(copying, Task.Delay(LastWords, TimeProvider.System));
        ended(process.ExitCode);
    }

    private static async Task CopyAsync(Stream from, Func<ReadOnlyMemory<byte>, Task> output)
    {
        // What nobody reads holds up the process, as with an engine.
        var buffer = new byte[16 * 1024];
        while (await from.ReadAsync(buffer) is > 0 and var length)
            await output(buffer.AsMemory(0, length));
    }
}
