using System.Globalization;

namespace OrleansOrchestrator.Testing.Programs;

/// <summary>The kubectl that tests start.</summary>
/// <remarks>
/// The Google Cloud SDK installs one kubectl for each version of Kubernetes, and in their place a program that asks the server for its
/// version and then runs the one that fits. That takes as long again as what it runs, and hundreds of tests start kubectl. They start the
/// newest of them without it.
/// </remarks>
public static class KubectlProgram
{
    private const string Name = "kubectl";

    /// <summary>Its path, or null if there is none.</summary>
    public static string? Path { get; } = ProgramSearch.Find(Name) is { } found ? NewestBehind(found) is { } newest ? Link(newest) : found : null;

    /// <summary>What it runs with besides: it lives so shortly that it need not tidy up its memory.</summary>
    public static IReadOnlyDictionary<string, string> Environment { get; } = new Dictionary<string, string> { ["GOGC"] = "400" };

    private static string? NewestBehind(string found)
    {
        var program = File.ResolveLinkTarget(found, returnFinalTarget: true)?.FullName ?? found;
        return Directory.GetFiles(System.IO.Path.GetDirectoryName(program)!, $"{Name}.1.*").MaxBy(MinorOf) is { } newest && MinorOf(newest) > 0 ? newest : null;
    }

    private static int MinorOf(string path) =>
        int.TryParse(System.IO.Path.GetExtension(path).AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var minor) ? minor : 0;

    /// <summary>Gives a program its proper name, which it tells the server.</summary>
    private static string Link(string program)
    {
        var link = System.IO.Path.Combine(Directory.CreateDirectory(System.IO.Path.Combine(AppContext.BaseDirectory, "programs")).FullName, Name);
        if (new FileInfo(link).LinkTarget != program)
        {
            File.Delete(link);
            File.CreateSymbolicLink(link, program);
        }

        return link;
    }
}
