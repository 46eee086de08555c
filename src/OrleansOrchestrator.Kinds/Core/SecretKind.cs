using System.Text;
using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core;

/// <summary>Confidential data.</summary>
internal sealed class SecretKind : ResourceDefinition<V1Secret>
{
    private const string AccountAnnotation = "kubernetes.io/service-account.name";
    private const string Redacted = "<secret contents redacted>";

    public override string Kind => "Secret";

    public override string Plural => "secrets";

    public override IReadOnlyList<SelectableField> SelectableFields { get; } = [new("type")];

    protected override IReadOnlyList<TableColumn<V1Secret>> TypedColumns =>
    [
        TableColumn<V1Secret>.Name,
        TableColumn<V1Secret>.Of("Type", secret => secret.Type ?? ""),
        TableColumn<V1Secret>.Of("Data", secret => secret.Data.OrNone().Count, "integer"),
        TableColumn<V1Secret>.Age,
    ];

    protected override void ApplyDefaults(V1Secret obj)
    {
        obj.Type = obj.Type.Or("Opaque");

        // The field stringData is write-only. Its values override those of data.
        if (obj.StringData is not { } texts)
            return;
        if (texts.Count > 0)
            obj.Data ??= new Dictionary<string, byte[]>();
        foreach (var (key, text) in texts)
            obj.Data![key] = Encoding.UTF8.GetBytes(text ?? "");
        obj.StringData = null;
    }

    protected override void Validate(V1Secret obj, FieldErrors errors)
    {
        var path = FieldPath.Root("data");
        long bytes = 0;
        foreach (var (key, value) in obj.Data.OrNone())
        {
            errors.Invalid(path.Key(key), key, NameRules.IsConfigMapKey(key));
            bytes += value?.Length ?? 0;
        }

        if (bytes > ConfigMapKind.DataBytesMax)
            errors.TooLong(path, ConfigMapKind.DataBytesMax);
        ValidateType(obj, path, errors);
    }

    protected override void ValidateUpdate(V1Secret updated, V1Secret current, FieldErrors errors)
    {
        if (updated.Type != current.Type)
            errors.Invalid(FieldPath.Root("type"), updated.Type, "field is immutable");
        if (current.Immutable == true)
        {
            if (updated.Immutable != true)
                errors.Forbidden(FieldPath.Root("immutable"), "field is immutable when `immutable` is set");
            if (!ConfigMapKind.SameEntries(updated.Data, current.Data, (a, b) => a.AsSpan().SequenceEqual(b)))
                errors.Forbidden(FieldPath.Root("data"), "field is immutable when `immutable` is set");
        }

        Validate(updated, errors);
    }

    private static void ValidateType(V1Secret obj, FieldPath path, FieldErrors errors)
    {
        switch (obj.Type)
        {
            case "kubernetes.io/service-account-token":
                if (string.IsNullOrEmpty((obj.Metadata?.Annotations).OrNone().TryGetValue(AccountAnnotation, out var account) ? account : null))
                    errors.Required(FieldPath.Metadata.Child("annotations").Key(AccountAnnotation));
                break;
            case "kubernetes.io/dockercfg":
                ValidateJson(obj, ".dockercfg", path, errors);
                break;
            case "kubernetes.io/dockerconfigjson":
                ValidateJson(obj, ".dockerconfigjson", path, errors);
                break;
            case "kubernetes.io/basic-auth":
                if (!Has(obj, "username") && !Has(obj, "password"))
                {
                    errors.Required(path.Key("username"));
                    errors.Required(path.Key("password"));
                }

                break;
            case "kubernetes.io/ssh-auth":
                Require(obj, "ssh-privatekey", path, errors);
                break;
            case "kubernetes.io/tls":
                Require(obj, "tls.crt", path, errors);
                Require(obj, "tls.key", path, errors);
                break;
        }
    }

    private static void ValidateJson(V1Secret secret, string key, FieldPath path, FieldErrors errors)
    {
        if (!secret.Data.OrNone().TryGetValue(key, out var bytes) || bytes is null)
        {
            errors.Required(path.Key(key));
            return;
        }

        try
        {
            using var document = JsonDocument.Parse(bytes);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                errors.Invalid(path.Key(key), Redacted, "must be a JSON object");
        }
        catch (JsonException malformed)
        {
            errors.Invalid(path.Key(key), Redacted, malformed.Message);
        }
    }

    private static void Require(V1Secret secret, string key, FieldPath path, FieldErrors errors)
    {
        if (!Has(secret, key))
            errors.Required(path.Key(key));
    }

    private static bool Has(V1Secret secret, string key) => secret.Data.OrNone().ContainsKey(key);
}
