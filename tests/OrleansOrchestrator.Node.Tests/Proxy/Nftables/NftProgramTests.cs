using OrleansOrchestrator.Node.Proxy.Nftables;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing.Programs;

namespace OrleansOrchestrator.Node.Tests.Proxy.Nftables;

/// <summary>Whether a machine's nft and kernel can serve services.</summary>
public sealed class NftProgramTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Program_ThatDoesNotKnowTheTablesWords_IsTooOld()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "The tables of the machine take root.");
        using var scratch = new Scratch();
        var program = Path.Combine(scratch.Folder, "nft");
        await File.WriteAllTextAsync(program, "#!/bin/sh\n[ \"$1\" = list ] && exit 0\ncat >/dev/null\necho 'unexpected numgen' >&2\nexit 1\n", Token);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        (await NftProgram.FindMissingAsync(program, Token)).ShouldBe("nft, or the kernel, is too old for the table: unexpected numgen");
    }

    [Fact]
    public async Task Program_ThatWorks_IsTriedWithoutATrace()
    {
        var missing = await NetworkMachine.FindMissingAsync();
        Assert.SkipWhen(missing is not null, missing ?? "");
        await using var machine = await NetworkMachine.StartAsync();

        (await machine.DoAsync(() => NftProgram.FindMissingAsync(Token))).ShouldBeNull();

        (await machine.NftAsync("list tables")).ShouldBeEmpty();
    }
}
