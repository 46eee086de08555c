using System.Diagnostics;
using System.Text;
using OrleansOrchestrator.Gateway.Identity;
using OrleansOrchestrator.Gateway.Tests.Hosting;
using OrleansOrchestrator.Testing.Programs;

namespace OrleansOrchestrator.Gateway.Tests.Kubectl;

/// <summary>Runs the real kubectl against a gateway, with a kubeconfig and a discovery cache of its own.</summary>
internal sealed class KubectlRun : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-kubectl-").FullName;

    public KubectlRun(GatewayFixture gateway) => KubeConfigFile.Write(ConfigPath, gateway.Address, gateway.Identity);

    private string ConfigPath => Path.Combine(_folder, "config");

    /// <summary>Runs a command that must succeed; answers what it prints, errors and warnings included.</summary>
    public async Task<string> RunAsync(string arguments, string? input = null)
    {
        var (code, output) = await TryRunAsync(arguments, input);
        code.ShouldBe(0, $"kubectl {arguments}\n{output}");
        return output;
    }

    /// <summary>Runs a command; answers its exit code and what it prints.</summary>
    public async Task<(int Code, string Output)> TryRunAsync(string arguments, string? input = null)
    {
        using var process = Start(arguments);
        using var deadline = new CancellationTokenSource(Deadline);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            if (input is not null)
                await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            await process.WaitForExitAsync(deadline.Token);
            return (process.ExitCode, await output + await errors);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    /// <summary>Runs a command that does not end; reads its lines until one contains a text. If it ends before, what it says
    /// of the reason follows its lines.</summary>
    public async Task<string> ReadUntilAsync(string arguments, string text, Func<Task> whenStarted)
    {
        using var process = Start(arguments);
        using var deadline = new CancellationTokenSource(Deadline);
        var seen = new StringBuilder();
        try
        {
            var isFirst = true;
            while (await process.StandardOutput.ReadLineAsync(deadline.Token) is { } line)
            {
                seen.AppendLine(line);
                if (line.Contains(text, StringComparison.Ordinal))
                    return seen.ToString();
                if (isFirst)
                    await whenStarted();
                isFirst = false;
            }

            return seen.Append(await process.StandardError.ReadToEndAsync(deadline.Token)).ToString();
        }
        finally
        {
            process.Kill();
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Process Start(string arguments)
    {
        var start = new ProcessStartInfo(KubectlProgram.Path ?? "kubectl", $"--kubeconfig {ConfigPath} --cache-dir {_folder}/cache {arguments}")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in KubectlProgram.Environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
