using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;

namespace OrleansOrchestrator.Kinds.Core;

/// <summary>An identity for pods.</summary>
internal sealed class ServiceAccountKind : ResourceDefinition<V1ServiceAccount>
{
    public override string Kind => "ServiceAccount";

    public override string Plural => "serviceaccounts";

    public override bool DeletionAnswersWithObject => true;

    public override IReadOnlyList<string> ShortNames => ["sa"];

    protected override IReadOnlyList<TableColumn<V1ServiceAccount>> TypedColumns =>
    [
        TableColumn<V1ServiceAccount>.Name,
        TableColumn<V1ServiceAccount>.Of("Secrets", account => account.Secrets.OrNone().Count),
        TableColumn<V1ServiceAccount>.Age,
    ];

    protected override void PrepareForCreate(V1ServiceAccount obj) => CleanSecrets(obj);

    protected override void PrepareForUpdate(V1ServiceAccount updated, V1ServiceAccount current) => CleanSecrets(updated);

    protected override void AddWarnings(V1ServiceAccount account, V1ServiceAccount? current, List<string> warnings)
    {
        if (account.Metadata.Annotations?.ContainsKey("kubernetes.io/enforce-mountable-secrets") is true)
            warnings.Add("metadata.annotations[kubernetes.io/enforce-mountable-secrets]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets");
    }

    // Secrets are in the account's own namespace, so only their names matter.
    private static void CleanSecrets(V1ServiceAccount account)
    {
        if (account.Secrets is { } secrets)
            account.Secrets = [.. secrets.Select(secret => new V1ObjectReference { Name = secret.Name })];
    }
}
