using System.CommandLine;
using OrleansOrchestrator.Cli.Tokens;
using OrleansOrchestrator.Kinds.Bootstrap;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Cli.CommandLine;

/// <summary><c>orchestrator token</c>: tokens by which machines join the cluster.</summary>
/// <remarks>As <c>kubeadm token</c>, https://kubernetes.io/docs/reference/setup-tools/kubeadm/kubeadm-token/.</remarks>
internal static class TokenCommand
{
    private const string DefaultGroup = "system:bootstrappers:kubeadm:default-node-token";

    public static Command Create()
    {
        var command = new Command("token", "Make, list and revoke the tokens by which machines join the cluster.") { Make(), List(), Revoke() };
        return command;
    }

    private static Command Make()
    {
        var (data, kubeConfig) = (CommonOptions.Data(), KubeConfig());
        var token = new Argument<string>("token") { Description = "The token, as in abcdef.0123456789abcdef; made at random if it is left out", Arity = ArgumentArity.ZeroOrOne };
        token.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { Length: > 0 } text && BootstrapToken.Parse(text) is null)
                result.AddError("a token must have the form abcdef.0123456789abcdef");
        });
        var ttl = EnvironmentOption.Create("--ttl", "How long the token is good, as in 1h30m; 0 for ever", "24h");
        ttl.Validators.Add(result =>
        {
            if (!TryReadDuration(result.GetValueOrDefault<string>(), out _))
                result.AddError($"--ttl must be a duration such as 1h30m, not \"{result.GetValueOrDefault<string>()}\"");
        });
        var usages = EnvironmentOption.Create("--usages", "What the token is for, joined by commas", $"{BootstrapToken.Signing},{BootstrapToken.Authentication}");
        usages.Validators.Add(result =>
        {
            foreach (var usage in ListOf(result.GetValueOrDefault<string>()).Where(usage => usage is not (BootstrapToken.Signing or BootstrapToken.Authentication)))
                result.AddError($"--usages must be {BootstrapToken.Signing} or {BootstrapToken.Authentication}, not \"{usage}\"");
        });
        var groups = EnvironmentOption.Create("--groups", "Groups of who joins with the token, joined by commas", DefaultGroup);
        groups.Validators.Add(result =>
        {
            foreach (var group in ListOf(result.GetValueOrDefault<string>()).Where(group => !BootstrapToken.IsGroup(group)))
                result.AddError($"bootstrap group \"{group}\" is invalid (must match {BootstrapToken.GroupForm})");
        });
        var description = EnvironmentOption.Create("--description", "For what the token is", "");
        var print = EnvironmentOption.Create("--print-join-command", "Print the whole command that a machine joins with, in place of the token", false);
        var command = new Command("create", "Make a token, and print it.") { token, ttl, usages, groups, description, print, data, kubeConfig };
        command.SetAction((parsed, cancellationToken) =>
        {
            TryReadDuration(parsed.GetRequiredValue(ttl), out var life);
            return TokenStore.CreateAsync(
                PathOf(parsed, kubeConfig, data),
                new NewToken(
                    BootstrapToken.Parse(parsed.GetValue(token)) ?? BootstrapToken.Create(), life, ListOf(parsed.GetRequiredValue(usages)), ListOf(parsed.GetRequiredValue(groups)),
                    parsed.GetRequiredValue(description)),
                parsed.GetRequiredValue(print),
                cancellationToken);
        });
        return command;
    }

    private static Command List()
    {
        var (data, kubeConfig) = (CommonOptions.Data(), KubeConfig());
        var command = new Command("list", "List the tokens.") { data, kubeConfig };
        command.SetAction((parsed, cancellationToken) => TokenStore.ListAsync(PathOf(parsed, kubeConfig, data), cancellationToken));
        return command;
    }

    private static Command Revoke()
    {
        var (data, kubeConfig) = (CommonOptions.Data(), KubeConfig());
        var ids = new Argument<string[]>("token") { Description = "The tokens or their ids", Arity = ArgumentArity.OneOrMore };
        ids.Validators.Add(result =>
        {
            foreach (var id in (result.GetValueOrDefault<string[]>() ?? []).Where(id => IdOf(id) is null))
                result.AddError("a token must have the form abcdef.0123456789abcdef, and its id the form abcdef");
        });
        var command = new Command("revoke", "Revoke tokens: nobody joins by them any more.") { ids, data, kubeConfig };
        command.Aliases.Add("delete");
        command.SetAction((parsed, cancellationToken) =>
            TokenStore.RevokeAsync(PathOf(parsed, kubeConfig, data), [.. parsed.GetRequiredValue(ids).Select(IdOf).OfType<string>()], cancellationToken));
        return command;
    }

    internal static Option<string> KubeConfig() => EnvironmentOption.Create("--kubeconfig", "The administrator's kubeconfig; that of the data folder if it is left out", "");

    internal static string PathOf(ParseResult parsed, Option<string> kubeConfig, Option<string> data) =>
        parsed.GetRequiredValue(kubeConfig) is { Length: > 0 } given ? given : Path.Combine(parsed.GetRequiredValue(data), "kubeconfig");

    private static string? IdOf(string text) => BootstrapToken.IsId(text) ? text : BootstrapToken.Parse(text)?.Id;

    private static string[] ListOf(string? text) => (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static bool TryReadDuration(string? text, out TimeSpan duration)
    {
        try
        {
            duration = GoSyntax.ParseDuration(text ?? "");
            return duration >= TimeSpan.Zero;
        }
        catch (FormatException)
        {
            duration = default;
            return false;
        }
    }
}
