using System.CommandLine;
using OrleansOrchestrator.Cli.Users;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Cli.CommandLine;

/// <summary><c>orchestrator user</c>: certificates by which people log in.</summary>
/// <remarks>As <c>kubeadm kubeconfig user</c>, https://kubernetes.io/docs/reference/setup-tools/kubeadm/kubeadm-kubeconfig/.</remarks>
internal static class UserCommand
{
    // The certificate API signs for ten minutes at least.
    private static readonly TimeSpan LifeMin = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LifeMax = TimeSpan.FromDays(365);

    public static Command Create() => new("user", "Give users certificates by which they log in.") { Make() };

    private static Command Make()
    {
        var (data, kubeConfig) = (CommonOptions.Data(), TokenCommand.KubeConfig());
        var name = new Argument<string>("name") { Description = "The user's name" };
        name.Validators.Add(result =>
        {
            if (string.IsNullOrWhiteSpace(result.GetValueOrDefault<string>()))
                result.AddError("a user must have a name");
        });
        var groups = new Option<string[]>("--group") { Description = "A group of the user, as bindings name it; may be repeated", HelpName = "group", DefaultValueFactory = _ => [] };
        var ttl = EnvironmentOption.Create("--ttl", "How long the certificate is good, as in 720h", "8760h");
        ttl.Validators.Add(result =>
        {
            if (!TryReadLife(result.GetValueOrDefault<string>(), out _))
                result.AddError($"--ttl must be a duration between 10m and 8760h, not \"{result.GetValueOrDefault<string>()}\"");
        });
        var command = new Command("create", "Print a kubeconfig with a new certificate of a user. What the user may do is up to roles and bindings.") { name, groups, ttl, data, kubeConfig };
        command.SetAction((parsed, cancellationToken) =>
        {
            TryReadLife(parsed.GetRequiredValue(ttl), out var life);
            return UserCertificates.CreateAsync(
                TokenCommand.PathOf(parsed, kubeConfig, data), new NewUser(parsed.GetRequiredValue(name), parsed.GetValue(groups) ?? [], life), cancellationToken);
        });
        return command;
    }

    private static bool TryReadLife(string? text, out TimeSpan life)
    {
        try
        {
            life = GoSyntax.ParseDuration(text ?? "");
            return life >= LifeMin && life <= LifeMax;
        }
        catch (FormatException)
        {
            life = default;
            return false;
        }
    }
}
