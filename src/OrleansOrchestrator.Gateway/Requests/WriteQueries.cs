using System.Globalization;
using System.Text;
using k8s.Models;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>Turns the options of writes into those of the object client.</summary>
internal static class WriteQueries
{
    /// <summary>The most characters of a field manager's name, as in Kubernetes' validation.</summary>
    private const int FieldManagerLengthMax = 128;

    /// <summary>The options of a create, update or patch.</summary>
    /// <param name="request">The kind of the options for errors, such as <c>CreateOptions</c>.</param>
    /// <param name="kind">The options' kind, for faults, as in <c>CreateOptions</c>.</param>
    /// <exception cref="ApiException">422: an option has an invalid value.</exception>
    public static WriteOptions ForWrite(ApiRequest request, string kind)
    {
        var options = request.Options;
        if (options.DryRun.Count > 0 || options.FieldValidation.Length > 0 || options.FieldManager.Length > 0)
            Validate(options, kind, new FieldErrors());
        return MakeWrite(request);
    }

    /// <summary>The options of a patch, which depend on its format.</summary>
    /// <exception cref="ApiException">422: an option has an invalid value, or is missing or not allowed.</exception>
    public static WriteOptions ForPatch(ApiRequest request, bool isApply)
    {
        var options = request.Options;
        var errors = new FieldErrors();
        if (!isApply && options.Force is not null)
            errors.Forbidden(FieldPath.Root("force"), "may not be specified for non-apply patch");
        if (isApply && options.FieldManager.Length == 0)
            errors.Required(FieldPath.Root("fieldManager"), "is required for apply patch");
        Validate(options, "PatchOptions", errors);
        return MakeWrite(request);
    }

    private static WriteOptions MakeWrite(ApiRequest request)
    {
        var options = request.Options;
        return new WriteOptions
        {
            User = request.User,
            DryRun = options.DryRun.Count > 0,
            FieldValidation = options.FieldValidation switch
            {
                "Ignore" => FieldValidation.Ignore,
                "Strict" => FieldValidation.Strict,
                _ => FieldValidation.Warn,
            },
            FieldManager = options.FieldManager.Length > 0 ? options.FieldManager : ManagerOf(request),
            Warn = request.Warnings.Add,
        };
    }

    /// <summary>The options of a deletion: those of the body, or those of the query without a body.</summary>
    /// <exception cref="ApiException">422: an option has an invalid value.</exception>
    public static (DeletionOptions Deletion, WriteOptions Write) ForDelete(ApiRequest request, V1DeleteOptions? body)
    {
        var query = request.Options;
        body ??= new V1DeleteOptions
        {
            GracePeriodSeconds = query.GracePeriodSeconds,
            PropagationPolicy = query.PropagationPolicy,
            OrphanDependents = query.OrphanDependents,
            DryRun = [.. query.DryRun],
            Preconditions = new V1Preconditions { Uid = NullIfEmpty(query.Uid), ResourceVersion = NullIfEmpty(query.ResourceVersion) },
        };
        Validate(body);
        var deletion = new DeletionOptions
        {
            GracePeriodSeconds = body.GracePeriodSeconds,
            Propagation = PropagationOf(body),
            Uid = body.Preconditions?.Uid,
            ResourceVersion = body.Preconditions?.ResourceVersion,
        };
        return (deletion, new WriteOptions
        {
            User = request.User,
            DryRun = body.DryRun is { Count: > 0 } || query.DryRun.Count > 0,
            FieldManager = ManagerOf(request),
            Warn = request.Warnings.Add,
        });
    }

    private static void Validate(RequestOptions options, string kind, FieldErrors errors)
    {
        ValidateDryRun(options.DryRun, errors);
        if (options.FieldValidation is not ("" or "Ignore" or "Warn" or "Strict"))
            errors.NotSupported(FieldPath.Root("fieldValidation"), options.FieldValidation, "", "Ignore", "Strict", "Warn");
        if (Encoding.UTF8.GetByteCount(options.FieldManager) > FieldManagerLengthMax)
            errors.TooLong(FieldPath.Root("fieldManager"), FieldManagerLengthMax);

        ValidatePrintable(options.FieldManager, FieldPath.Root("fieldManager"), errors);
        InvalidOptions.ThrowIfAny(kind, errors);
    }

    private static void Validate(V1DeleteOptions options)
    {
        var errors = new FieldErrors();
        if (options.PropagationPolicy is { } policy)
        {
            var path = FieldPath.Root("propagationPolicy");
            if (options.OrphanDependents is not null)
                errors.Invalid(path, policy, "orphanDependents and deletionPropagation cannot be both set");
            if (policy is not ("Foreground" or "Background" or "Orphan"))
                errors.NotSupported(path, policy, "Foreground", "Background", "Orphan", "nil");
        }

        ValidateDryRun([.. options.DryRun ?? []], errors);
        InvalidOptions.ThrowIfAny("DeleteOptions", errors);
    }

    private static void ValidateDryRun(IReadOnlyList<string> values, FieldErrors errors)
    {
        if (values.Any(value => value != "All"))
            errors.NotSupported(FieldPath.Root("dryRun"), values, "All");
    }

    private static void ValidatePrintable(string text, FieldPath path, FieldErrors errors)
    {
        var position = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (!GoSyntax.IsPrintable(rune))
                errors.Invalid(path, text, string.Create(CultureInfo.InvariantCulture, $"invalid character U+{rune.Value:X4} (at position {position})"));
            position += rune.Utf8SequenceLength;
        }
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    private static DeletionPropagation? PropagationOf(V1DeleteOptions options) => (options.PropagationPolicy, options.OrphanDependents) switch
    {
        ("Foreground", _) => DeletionPropagation.Foreground,
        ("Background", _) => DeletionPropagation.Background,
        ("Orphan", _) or (_, true) => DeletionPropagation.Orphan,
        (_, false) => DeletionPropagation.Background,
        _ => null,
    };

    // Without an explicit manager it is the user agent up to the version.
    private static string ManagerOf(ApiRequest request)
    {
        var agent = request.Http.Request.Headers.UserAgent.ToString();
        var end = agent.IndexOf('/', StringComparison.Ordinal);
        var name = end < 0 ? agent : agent[..end];
        if (!Ascii.IsValid(name) || name.Length > FieldManagerLengthMax || name.AsSpan().ContainsAnyInRange('\0', '\x1f'))
            name = Printable(name);
        return name.Length > 0 ? name : "unknown";
    }

    private static string Printable(string name)
    {
        var printable = new StringBuilder();
        var bytes = 0;
        foreach (var rune in name.EnumerateRunes().Where(rune => !Rune.IsControl(rune)))
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > FieldManagerLengthMax)
                break;
            printable.Append(rune);
        }

        return printable.ToString();
    }
}
