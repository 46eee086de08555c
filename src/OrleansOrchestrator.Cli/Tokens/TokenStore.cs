using System.Globalization;
using System.Net;
using k8s;
using k8s.Autorest;
using k8s.Models;
using OrleansOrchestrator.Cli.Clusters;
using OrleansOrchestrator.Cli.Failures;
using OrleansOrchestrator.Kinds.Bootstrap;
using OrleansOrchestrator.Model.Tables;

namespace OrleansOrchestrator.Cli.Tokens;

/// <summary>The bootstrap tokens of a cluster: secrets in kube-system, as kubeadm keeps them.</summary>
internal static class TokenStore
{
    /// <summary>Makes a token, and prints it or how a machine joins with it.</summary>
    /// <exception cref="CommandException">The cluster refuses it.</exception>
    public static Task<int> CreateAsync(string kubeConfig, NewToken wanted, bool printsJoin, CancellationToken cancellationToken) =>
        ClusterClient.RunAsync(kubeConfig, async (client, configuration) =>
        {
            DateTimeOffset? end = wanted.Life > TimeSpan.Zero ? TimeProvider.System.GetUtcNow() + wanted.Life : null;
            var secret = wanted.Token.ToSecret(wanted.Description, end, wanted.Usages, wanted.Groups);
            await client.CoreV1.CreateNamespacedSecretAsync(secret, BootstrapToken.Namespace, cancellationToken: cancellationToken);
            Console.WriteLine(printsJoin ? JoinCommand(configuration, wanted.Token) : wanted.Token.ToString());
        });

    /// <summary>Prints all tokens.</summary>
    public static Task<int> ListAsync(string kubeConfig, CancellationToken cancellationToken) => ClusterClient.RunAsync(kubeConfig, async (client, _) =>
    {
        var now = TimeProvider.System.GetUtcNow();
        string[][] rows =
        [
            ["TOKEN", "TTL", "EXPIRES", "USAGES", "DESCRIPTION", "EXTRA GROUPS"],
            .. from secret in (await client.CoreV1.ListNamespacedSecretAsync(
                   BootstrapToken.Namespace, fieldSelector: $"type={BootstrapToken.SecretType}", cancellationToken: cancellationToken)).Items
               let token = BootstrapToken.Of(secret)
               where token is not null
               orderby token.Id
               select RowOf(token, secret, now),
        ];
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToList();
        foreach (var row in rows)
            Console.WriteLine(string.Join("   ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    });

    /// <summary>Revokes tokens by their ids.</summary>
    /// <exception cref="CommandException">There is no such token.</exception>
    public static Task<int> RevokeAsync(string kubeConfig, IReadOnlyList<string> ids, CancellationToken cancellationToken) =>
        ClusterClient.RunAsync(kubeConfig, async (client, _) =>
        {
            foreach (var id in ids)
            {
                try
                {
                    await client.CoreV1.DeleteNamespacedSecretAsync(BootstrapToken.SecretPrefix + id, BootstrapToken.Namespace, cancellationToken: cancellationToken);
                }
                catch (HttpOperationException missing) when (missing.Response.StatusCode == HttpStatusCode.NotFound)
                {
                    throw new CommandException($"there is no token \"{id}\"", missing);
                }

                Console.WriteLine($"bootstrap token \"{id}\" deleted");
            }
        });

    private static string[] RowOf(BootstrapToken token, V1Secret secret, DateTimeOffset now)
    {
        var end = BootstrapToken.EndOf(secret);
        string[] usages = [.. new[] { BootstrapToken.Authentication, BootstrapToken.Signing }.Where(usage => BootstrapToken.Has(secret, usage))];
        return
        [
            token.ToString(),
            end is null ? "<forever>" : end <= now ? "<invalid>" : HumanDuration.Format(end.Value - now),
            end is null ? "<never>" : end.Value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            OrNone(string.Join(',', usages)),
            OrNone(BootstrapToken.Value(secret, "description")),
            OrNone(string.Join(',', BootstrapToken.GroupsOf(secret))),
        ];
    }

    private static string OrNone(string text) => text.Length == 0 ? "<none>" : text;

    private static string JoinCommand(KubernetesClientConfiguration configuration, BootstrapToken token)
    {
        var hashes = string.Join(',', (configuration.SslCaCerts ?? []).Select(ClusterInfo.PinOf));
        return $"orchestrator node --server {configuration.Host.TrimEnd('/')} --token {token} --ca-hash {hashes}";
    }
}
