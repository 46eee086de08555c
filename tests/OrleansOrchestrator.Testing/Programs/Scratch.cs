namespace OrleansOrchestrator.Testing.Programs;

/// <summary>A temporary folder that is deleted after the test.</summary>
public sealed class Scratch : IDisposable
{
    /// <summary>The folder.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("orchestrator-e2e-").FullName;

    /// <summary>A path in it.</summary>
    public string At(string name) => Path.Combine(Folder, name);

    /// <summary>Writes a file into it.</summary>
    /// <returns>The file's path.</returns>
    public string Write(string name, string text)
    {
        File.WriteAllText(At(name), text);
        return At(name);
    }

    /// <inheritdoc/>
    public void Dispose() => LeftMounts.Delete(Folder);
}
