using System.Diagnostics;
using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>A removed folder takes everything that is in it along, and nothing that only appears there.</summary>
public sealed class FolderTreeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("node-tree-").FullName;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private string Removed => Path.Combine(_folder, "removed");

    public void Dispose()
    {
        Mounts.UnmountBelow(_folder);
        FolderTree.Remove(_folder);
    }

    [Theory]
    [InlineData("touch \"$(printf 'f\\377')\"; mkdir -p \"$(printf 'd\\377')/$(printf '\\300\\257')\"", "names that are no text")]
    [InlineData("touch \"$(printf 'a\\nb')\" -- '-rf' '\\' ' '; mkdir -p \"$(printf 'x\\r')/y\"", "names with white space")]
    [InlineData("mkfifo pipe; ln -s / link; ln -s nowhere dangling; ln -s . loop", "files of other kinds")]
    [InlineData("mkdir -p closed/in; touch closed/in/f; chmod 0 closed/in closed", "folders that their owner may not read")]
    [InlineData("mkdir -p fixed/in/in; touch fixed/f fixed/in/f; chmod 500 fixed/in/in fixed/in fixed .", "folders that their owner may not write")]
    [InlineData("seq -f %.0f/a/b 2000 | xargs mkdir -p", "many folders that are not empty")]
    public void Removal_OfWhateverAContainerCanMake_LeavesNothing(string script, string what)
    {
        Directory.CreateDirectory(Removed);
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", script]) { WorkingDirectory = Removed });
        shell!.WaitForExit();
        shell.ExitCode.ShouldBe(0, what);

        FolderTree.Remove(Removed, Cancelled);

        Directory.EnumerateFileSystemEntries(_folder).ShouldBeEmpty(what);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("with space")]
    [InlineData("with\ttab")]
    [InlineData("with\nline")]
    [InlineData("with\rreturn")]
    [InlineData("with\\backslash")]
    [InlineData("with\\040digits")]
    public async Task Removal_OfAFolderThatIsReachedByALink_UnmountsWhatIsThereAndTouchesItNot(string name)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may mount.");
        var (real, link) = (Path.Combine(_folder, "real", name), Path.Combine(_folder, "link"));
        Directory.CreateDirectory(Path.Combine(real, "pod", "subpaths", "0"));
        Directory.CreateSymbolicLink(link, real);
        var precious = Bind(Path.Combine(real, "pod", "subpaths", "0"));

        Mounts.Below(Path.Combine(link, "pod")).ShouldBe([Path.Combine(real, "pod", "subpaths", "0")]);
        Mounts.UnmountBelow(Path.Combine(link, "pod"));
        await FolderTree.RemoveAsync(Path.Combine(link, "pod"), TimeProvider.System, Cancelled);

        Directory.EnumerateFileSystemEntries(real).ShouldBeEmpty();
        File.Exists(precious).ShouldBeTrue();
    }

    [Theory]
    [InlineData("removed/deep/place", "removed")]
    [InlineData("removed/place", "removed")]
    [InlineData("removed", "removed")]
    public void Removal_OfAFolderInWhichSomethingIsMounted_RefusesAndTouchesItNot(string place, string removed)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may mount.");
        Directory.CreateDirectory(Path.Combine(_folder, place));
        var precious = Bind(Path.Combine(_folder, place));

        Should.Throw<IOException>(() => FolderTree.Remove(Path.Combine(_folder, removed), Cancelled));

        File.Exists(precious).ShouldBeTrue();
        Mounts.UnmountBelow(_folder);
        FolderTree.Remove(Path.Combine(_folder, removed), Cancelled);
        File.Exists(precious).ShouldBeTrue();
    }

    [Fact]
    public async Task Removal_ThatIsCancelled_StopsAndGoesOnLater()
    {
        for (var i = 0; i < 20; i++)
            Directory.CreateDirectory(Path.Combine(Removed, $"{i}", "in"));
        using var over = new CancellationTokenSource();
        await over.CancelAsync();

        Should.Throw<OperationCanceledException>(() => FolderTree.Remove(Removed, over.Token));
        await Should.ThrowAsync<OperationCanceledException>(() => FolderTree.RemoveAsync(Removed, TimeProvider.System, over.Token));
        Directory.Exists(Removed).ShouldBeTrue();

        FolderTree.Remove(Removed, Cancelled);
        Directory.Exists(Removed).ShouldBeFalse();
    }

    [Fact]
    public void NewFolder_AfterACrashWhileOneWasMade_HasItsModeAndNothingElse()
    {
        var unfinished = Path.Combine(_folder, NewFolder.Unfinished);
        Directory.CreateDirectory(Path.Combine(unfinished, "left"));

        NewFolder.Make(Path.Combine(_folder, "made"), (UnixFileMode)0b111_111_111, group: null);

        File.GetUnixFileMode(Path.Combine(_folder, "made")).ShouldBe((UnixFileMode)0b111_111_111);
        Directory.EnumerateFileSystemEntries(_folder).ShouldBe([Path.Combine(_folder, "made")]);
        Directory.EnumerateFileSystemEntries(Path.Combine(_folder, "made")).ShouldBeEmpty();
    }

    /// <summary>Mounts a folder at a place, and returns a file that is in both.</summary>
    private string Bind(string place)
    {
        var precious = Path.Combine(_folder, "precious");
        Directory.CreateDirectory(Path.Combine(precious, "sub"));
        File.WriteAllText(Path.Combine(precious, "sub", "file"), "");
        using var source = FileCalls.Open(precious, FileCalls.PathOnly);
        Mounts.TryBind(source, place).ShouldBeTrue();
        return Path.Combine(precious, "sub", "file");
    }
}
