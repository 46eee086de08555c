using System.Globalization;
using OrleansOrchestrator.Node.Network.Cni;

namespace OrleansOrchestrator.Node.Network;

/// <summary>The daemon's configuration in the folder from which containerd takes the first one.</summary>
/// <param name="folder">The folder.</param>
/// <param name="index">The daemon's index on its machine.</param>
internal sealed class NetworkConfigFile(string folder, int index)
{
    // Before those that operators number from 10 on.
    private readonly string _path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"05-orchestrator{index}.conflist"));

    /// <summary>Writes the configuration in one step if it is another one.</summary>
    /// <exception cref="IOException">The folder does not take it.</exception>
    public void Write(CniNetwork network)
    {
        var text = network.ToJson().ToJsonString();
        if (File.Exists(_path) && File.ReadAllText(_path) == text)
            return;
        Directory.CreateDirectory(folder);
        var next = _path + ".next";
        File.WriteAllText(next, text);
        File.Move(next, _path, overwrite: true);
    }

    /// <summary>Removes it.</summary>
    public void Remove()
    {
        if (Directory.Exists(folder))
            File.Delete(_path);
    }
}
