using System.Diagnostics;

namespace OrleansOrchestrator.Testing;

/// <summary>Finds PostgreSQL's programs and runs them. They refuse to run as root, so root runs them as another account.</summary>
internal static class PostgreSqlBinaries
{
    private const string DebianFolder = "/usr/lib/postgresql";
    private const string ServerAccount = "postgres";

    public static string? Find() => Candidates().FirstOrDefault(
        folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")));

    /// <summary>
    /// Starts a program with redirected output; if this process is root, as the server's account. The program replaces the one that
    /// changes the account, so the process id is the program's own.
    /// </summary>
    public static Process Run(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        // Only the program itself gets the environment: what it preloads must not run under the account before.
        string[] itself = ["env", .. (environment ?? new Dictionary<string, string>()).Select(variable => $"{variable.Key}={variable.Value}"), program, .. arguments];
        string[] command = Environment.IsPrivilegedProcess
            ? ["setpriv", "--reuid", ServerAccount, "--regid", ServerAccount, "--init-groups", "--", .. itself]
            : itself;
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        start.Environment["LC_ALL"] = "C";
        return Process.Start(start)!;
    }

    public static async Task GiveToServerAccountAsync(string folder, CancellationToken cancellationToken)
    {
        if (!Environment.IsPrivilegedProcess)
            return;

        using var chown = Process.Start("chown", [$"{ServerAccount}:{ServerAccount}", folder]);
        await chown.WaitForExitAsync(cancellationToken);
    }

    private static IEnumerable<string> Candidates()
    {
        if (Directory.Exists(DebianFolder))
        {
            foreach (var version in Directory.GetDirectories(DebianFolder).OrderDescending(StringComparer.Ordinal))
                yield return Path.Combine(version, "bin");
        }

        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        foreach (var folder in path)
            yield return folder;

        if (path.Any(folder => File.Exists(Path.Combine(folder, "pg_config"))))
            yield return AskPgConfig();
    }

    private static string AskPgConfig()
    {
        using var process = Process.Start(new ProcessStartInfo("pg_config", ["--bindir"]) { RedirectStandardOutput = true })!;
        return process.StandardOutput.ReadToEnd().Trim();
    }
}
