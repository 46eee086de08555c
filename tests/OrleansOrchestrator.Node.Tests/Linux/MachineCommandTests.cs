using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Tests.Linux;

public sealed class MachineCommandTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Program_IsFoundInThePathOnly()
    {
        // Beside the executable and in the current folder is where the platform looks first.
        var path = Path.Combine(AppContext.BaseDirectory, $"program-{Guid.NewGuid():N}");
        await File.WriteAllTextAsync(path, "#!/bin/sh\necho found", Token);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        try
        {
            (await new MachineCommand(Path.GetFileName(path)).RunAsync(Token)).ExitCode.ShouldBeNull();
            (await new MachineCommand("sh", "-c", "echo found").RunAsync(Token)).Output.ShouldBe("found");
        }
        finally
        {
            File.Delete(path);
        }
    }
}
