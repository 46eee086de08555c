using System.Diagnostics;
using System.Runtime.InteropServices;
using OrleansOrchestrator.Node.Runtime.Containerd;
using OrleansOrchestrator.Node.Runtime.Docker;
using OrleansOrchestrator.Testing;

[assembly: AssemblyFixture(typeof(OrleansOrchestrator.Node.Tests.Fakes.ContainerdMachine))]

namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>A containerd of this test run's own, with a network and the images that tests use. It starts at its first use.</summary>
public sealed class ContainerdMachine : IAsyncDisposable
{
    private const string Plugins = "/usr/lib/cni";
    private const string Sandbox = "orleansorchestrator-test/pause:1";

    // A bridge of this run's own; the kernel takes 15 characters.
    private readonly string _bridge = $"oot{Guid.NewGuid().ToString("N")[..8]}";
    private readonly Lazy<Task<string?>> _started;
    private string _folder = "/not-started";
    private Process? _process;

    public ContainerdMachine() => _started = new(StartAsync);

    /// <summary>The address of its socket.</summary>
    public Uri Endpoint => new($"unix://{_folder}/containerd.sock");

    /// <summary>Starts it, or skips the test where it cannot run.</summary>
    public async Task RequireAsync()
    {
        if (await _started.Value is { } missing)
            Assert.Skip(missing);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is null)
            return;
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        await RunAsync("ip", "link", "delete", _bridge);
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<string?> StartAsync()
    {
        if (!Environment.IsPrivilegedProcess)
            return "containerd needs root.";
        if (!File.Exists("/usr/bin/containerd") || !File.Exists("/bin/busybox"))
            return "This machine has no containerd or no static busybox.";
        if (!File.Exists(Path.Combine(Plugins, "bridge")))
            return "This machine has no plugins for container networks.";
        _folder = Directory.CreateTempSubdirectory("containerd-test-").FullName;
        Directory.CreateDirectory(Path.Combine(_folder, "net"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "config.toml"), Configuration());
        await File.WriteAllTextAsync(Path.Combine(_folder, "net", "10-test.conflist"), Network());
        _process = Process.Start(new ProcessStartInfo("containerd", ["--config", Path.Combine(_folder, "config.toml"), "--log-level", "error"]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        await Eventually.HoldsAsync(AnswersAsync, "containerd answers", within: TimeSpan.FromSeconds(30));
        await LoadAsync(Sandbox, await ImageArchive.LayerOfAsync("pause", PauseExecutable.Emit(RuntimeInformation.OSArchitecture)), "/pause");
        await LoadAsync(DockerMachine.Image, await ImageArchive.BusyboxLayerAsync(), "/bin/sh");
        return null;
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await ContainerdRuntime.RequireAsync(Endpoint, CancellationToken.None);
            return true;
        }
        catch (Runtime.RuntimeException)
        {
            return false;
        }
    }

    private async Task LoadAsync(string image, byte[] layer, string entryPoint)
    {
        var archive = Path.Combine(_folder, "image.tar");
        await ImageArchive.WriteAsync(archive, image, layer, entryPoint);
        (await RunAsync("ctr", "--address", Endpoint.LocalPath, "--namespace", "k8s.io", "images", "import", "--no-unpack", archive)).ShouldBe(0);
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    private string Configuration() => $"""
        version = 2
        root = "{_folder}/root"
        state = "{_folder}/state"
        [grpc]
          address = "{_folder}/containerd.sock"
        [plugins."io.containerd.grpc.v1.cri"]
          sandbox_image = "docker.io/{Sandbox}"
          restrict_oom_score_adj = true
          stream_server_port = "0"
          [plugins."io.containerd.grpc.v1.cri".cni]
            bin_dir = "{Plugins}"
            conf_dir = "{_folder}/net"
        """;

    private string Network() => $$"""
        {
          "cniVersion": "0.4.0",
          "name": "{{_bridge}}",
          "plugins": [
            {
              "type": "bridge",
              "bridge": "{{_bridge}}",
              "isGateway": true,
              "ipMasq": false,
              "ipam": { "type": "host-local", "dataDir": "{{_folder}}/addresses", "ranges": [[{ "subnet": "10.231.{{Random.Shared.Next(0, 256)}}.0/24" }]] }
            },
            { "type": "portmap", "capabilities": { "portMappings": true } }
          ]
        }
        """;
}
