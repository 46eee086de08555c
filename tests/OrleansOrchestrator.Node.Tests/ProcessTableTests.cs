using System.Diagnostics;
using OrleansOrchestrator.Node.Tests.Fakes;

namespace OrleansOrchestrator.Node.Tests;

public sealed class ProcessTableTests
{
    [Fact]
    public async Task WithArgument_ProgramThatForks_IsThereOnce()
    {
        var mark = Guid.NewGuid().ToString("N");
        using var program = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $": {mark}; (echo forked; while :; do sleep 0.1; done) & wait"]) { RedirectStandardOutput = true })!;
        try
        {
            (await program.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("forked");

            ProcessTable.WithArgument(mark).ShouldBe([program.Id]);
        }
        finally
        {
            program.Kill(entireProcessTree: true);
        }
    }
}
