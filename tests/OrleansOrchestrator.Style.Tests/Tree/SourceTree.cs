using System.ComponentModel;
using System.Diagnostics;

namespace OrleansOrchestrator.Style.Tests.Tree;

/// <summary>The files of the repository: those that git tracks or would track, or without git those outside build output.</summary>
internal sealed class SourceTree
{
    private static readonly string[] OutputFolders = ["bin", "obj", "artifacts", ".git", ".vs", ".idea", "TestResults"];
    private static readonly string[] BinaryExtensions = [".png", ".svg", ".gif", ".ico", ".pfx", ".snk", ".gz", ".woff2"];

    private SourceTree(string root, IReadOnlyList<SourceFile> files)
    {
        Root = root;
        Files = files;
    }

    /// <summary>The repository that the test assembly was built from.</summary>
    public static SourceTree Repository { get; } = Load(FindRoot());

    /// <summary>The top folder.</summary>
    public string Root { get; }

    /// <summary>Every text file, with its path from the top.</summary>
    public IReadOnlyList<SourceFile> Files { get; }

    /// <summary>C# files below a folder.</summary>
    public IEnumerable<SourceFile> CSharp(string folder = "") =>
        Files.Where(file => file.Path.EndsWith(".cs", StringComparison.Ordinal) && file.Path.StartsWith(folder, StringComparison.Ordinal));

    private static SourceTree Load(string root)
    {
        var paths = AskGit(root) ?? Walk(root);
        var files = paths
            .Where(path => !BinaryExtensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase))
            .Where(path => File.Exists(Path.Combine(root, path)))
            .Order(StringComparer.Ordinal)
            .Select(path => new SourceFile(path, File.ReadAllText(Path.Combine(root, path))));
        return new SourceTree(root, [.. files]);
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "OrleansOrchestrator.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("the tests do not run from inside the repository");
        return folder.FullName;
    }

    private static string[]? AskGit(string root)
    {
        try
        {
            string[] arguments = ["-C", root, "ls-files", "--cached", "--others", "--exclude-standard", "-z"];
            using var git = Process.Start(new ProcessStartInfo("git", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var output = git.StandardOutput.ReadToEnd();
            git.WaitForExit();
            return git.ExitCode == 0 ? output.Split('\0', StringSplitOptions.RemoveEmptyEntries) : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private static IEnumerable<string> Walk(string root) =>
        Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(root, path).Replace('\\', '/'))
            .Where(path => !path.Split('/').Any(OutputFolders.Contains));
}
