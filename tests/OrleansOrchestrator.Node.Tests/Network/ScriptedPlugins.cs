using System.Diagnostics;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Node.Network.Cni;

namespace OrleansOrchestrator.Node.Tests.Network;

/// <summary>Network plugins that do what a test wants, and note how they were called.</summary>
internal sealed class ScriptedPlugins : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("cni-").FullName;

    /// <summary>The calls in their order: <c>ADD bridge</c>.</summary>
    public IReadOnlyList<string> Calls => File.Exists(PathOf("calls")) ? File.ReadAllLines(PathOf("calls")) : [];

    public CniClient Client => new([Folder], TimeSpan.FromSeconds(30));

    /// <summary>Makes a plugin that answers an addition with a result.</summary>
    public void Add(string name, string result = "{}")
    {
        File.WriteAllText(PathOf($"result.{name}"), result);
        File.WriteAllText(PathOf($"text.{name}"), $$"""
            #!/bin/sh
            cd "{{Folder}}"
            cat > "input.$CNI_COMMAND.{{name}}"
            echo "$CNI_CONTAINERID $CNI_NETNS $CNI_IFNAME $CNI_ARGS $CNI_PATH" > "told.$CNI_COMMAND.{{name}}"
            echo "$CNI_COMMAND {{name}}" >> calls
            if [ -e "refusal.$CNI_COMMAND.{{name}}" ]; then cat "refusal.$CNI_COMMAND.{{name}}"; exit 1; fi
            if [ -e "hang.$CNI_COMMAND.{{name}}" ]; then exec sleep 600; fi
            if [ "$CNI_COMMAND" = ADD ]; then cat "result.{{name}}"; fi
            """);

        // A program that this process has written itself is busy for as long as one of its children has the open file, between fork and exec.
        using var install = Process.Start("install", ["-m", "700", PathOf($"text.{name}"), PathOf(name)]);
        install.WaitForExit();
    }

    /// <summary>Lets a plugin refuse a command from now on; null lets it go on.</summary>
    public void Refuse(string command, string name, string? error)
    {
        if (error is null)
            File.Delete(PathOf($"refusal.{command}.{name}"));
        else
            File.WriteAllText(PathOf($"refusal.{command}.{name}"), error);
    }

    /// <summary>Lets a plugin hang.</summary>
    public void Hang(string command, string name) => File.WriteAllText(PathOf($"hang.{command}.{name}"), "");

    /// <summary>What a plugin read at its last call.</summary>
    public JsonObject InputOf(string command, string name) => JsonNode.Parse(File.ReadAllText(PathOf($"input.{command}.{name}")))!.AsObject();

    /// <summary>What it was told by variables.</summary>
    public string ToldTo(string command, string name) => File.ReadAllText(PathOf($"told.{command}.{name}")).Trim();

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private string PathOf(string name) => Path.Combine(Folder, name);
}
