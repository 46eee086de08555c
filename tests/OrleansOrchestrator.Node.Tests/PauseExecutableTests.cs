using System.Diagnostics;
using System.Runtime.InteropServices;
using OrleansOrchestrator.Node.Runtime.Docker;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests;

public sealed class PauseExecutableTests
{
    private const ulong SignalChildBit = 1ul << (17 - 1);

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task Run_Signalled_EndsWithCodeZero(string signal)
    {
        var path = Path.Combine(Path.GetTempPath(), $"pause-{Guid.NewGuid():N}");
        await File.WriteAllBytesAsync(path, PauseExecutable.Emit(RuntimeInformation.OSArchitecture), TestContext.Current.CancellationToken);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        using var process = Process.Start(path);
        try
        {
            // It sleeps in the system call that its only loop makes.
            var status = $"/proc/{process.Id}/status";
            await Eventually.HoldsAsync(() => File.ReadAllText(status).Contains("State:\tS", StringComparison.Ordinal), "it sleeps");
            var ignored = File.ReadAllLines(status).Single(l => l.StartsWith("SigIgn:", StringComparison.Ordinal)).Split('\t')[1];
            (Convert.ToUInt64(ignored, 16) & SignalChildBit).ShouldBe(SignalChildBit);
            process.HasExited.ShouldBeFalse();

            using var kill = Process.Start("kill", ["-s", signal, process.Id.ToString()]);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
            process.ExitCode.ShouldBe(0);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
            File.Delete(path);
        }
    }

    [Fact]
    public void Emit_ForArm64_IsAnExecutableOfThatMachine()
    {
        var file = PauseExecutable.Emit(Architecture.Arm64);

        BitConverter.ToUInt16(file, 18).ShouldBe((ushort)183);
        BitConverter.ToUInt64(file, 24).ShouldBe(0x400000ul + 120);
        file.Length.ShouldBeLessThan(1024);

        // The branch at the end of the loop leads back over the five moves and the system call.
        var words = MemoryMarshal.Cast<byte, uint>(file.AsSpan(120)).ToArray();
        words.ShouldContain(0x17FFFFFAu);
    }
}
