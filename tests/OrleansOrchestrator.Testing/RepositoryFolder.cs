namespace OrleansOrchestrator.Testing;

/// <summary>The repository that the tests were built from.</summary>
public static class RepositoryFolder
{
    /// <summary>Its root folder.</summary>
    public static string Path { get; } = Find();

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(System.IO.Path.Combine(folder.FullName, "OrleansOrchestrator.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("the tests do not run from inside the repository");
        return folder.FullName;
    }
}
