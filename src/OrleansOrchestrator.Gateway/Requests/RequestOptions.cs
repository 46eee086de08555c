using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>The query parameters of a request, read in one pass. The first of equal names counts; unknown ones are ignored.</summary>
/// <remarks>Texts stay as they came; what they mean depends on the verb and is judged there.</remarks>
internal sealed class RequestOptions
{
    private static readonly RequestOptions None = new();

    public string LabelSelector { get; private set; } = "";

    public string FieldSelector { get; private set; } = "";

    public string ResourceVersion { get; private set; } = "";

    public string ResourceVersionMatch { get; private set; } = "";

    public string Continue { get; private set; } = "";

    public long Limit { get; private set; }

    public long? TimeoutSeconds { get; private set; }

    public bool Watch { get; private set; }

    public bool AllowWatchBookmarks { get; private set; }

    public bool? SendInitialEvents { get; private set; }

    public string DryRun { get; private set; } = "";

    public string FieldManager { get; private set; } = "";

    public string FieldValidation { get; private set; } = "";

    public bool? Force { get; private set; }

    public long? GracePeriodSeconds { get; private set; }

    public string PropagationPolicy { get; private set; } = "";

    public bool? OrphanDependents { get; private set; }

    public bool Pretty { get; private set; }

    public string IncludeObject { get; private set; } = "";

    /// <summary>Reads a query string.</summary>
    /// <exception cref="ApiException">400: a number is not one.</exception>
    public static RequestOptions Parse(QueryString query)
    {
        if (!query.HasValue)
            return None;
        var options = new RequestOptions();
        foreach (var pair in new QueryStringEnumerable(query.Value))
            options.Set(pair.DecodeName().Span, pair.DecodeValue());
        return options;
    }

    private void Set(ReadOnlySpan<char> name, ReadOnlyMemory<char> value)
    {
        switch (name)
        {
            case "labelSelector":
                LabelSelector = First(LabelSelector, value);
                break;
            case "fieldSelector":
                FieldSelector = First(FieldSelector, value);
                break;
            case "resourceVersion":
                ResourceVersion = First(ResourceVersion, value);
                break;
            case "resourceVersionMatch":
                ResourceVersionMatch = First(ResourceVersionMatch, value);
                break;
            case "continue":
                Continue = First(Continue, value);
                break;
            case "limit":
                Limit = Number(value.Span) ?? 0;
                break;
            case "timeoutSeconds":
                TimeoutSeconds ??= Number(value.Span);
                break;
            case "watch":
                Watch = Flag(value.Span);
                break;
            case "allowWatchBookmarks":
                AllowWatchBookmarks = Flag(value.Span);
                break;
            case "sendInitialEvents":
                SendInitialEvents ??= Flag(value.Span);
                break;
            default:
                SetWriteOption(name, value);
                break;
        }
    }

    private void SetWriteOption(ReadOnlySpan<char> name, ReadOnlyMemory<char> value)
    {
        switch (name)
        {
            case "dryRun":
                DryRun = First(DryRun, value);
                break;
            case "fieldManager":
                FieldManager = First(FieldManager, value);
                break;
            case "fieldValidation":
                FieldValidation = First(FieldValidation, value);
                break;
            case "force":
                Force ??= Flag(value.Span);
                break;
            case "gracePeriodSeconds":
                GracePeriodSeconds ??= Number(value.Span);
                break;
            case "propagationPolicy":
                PropagationPolicy = First(PropagationPolicy, value);
                break;
            case "orphanDependents":
                OrphanDependents ??= Flag(value.Span);
                break;
            case "pretty":
                Pretty = Flag(value.Span);
                break;
            case "includeObject":
                IncludeObject = First(IncludeObject, value);
                break;
        }
    }

    private static string First(string present, ReadOnlyMemory<char> value) => present.Length > 0 ? present : value.ToString();

    // Kubernetes reads every value but these as true, the empty one included.
    private static bool Flag(ReadOnlySpan<char> value) => !(value is "0" || value.Equals("false", StringComparison.OrdinalIgnoreCase));

    private static long? Number(ReadOnlySpan<char> value)
    {
        if (value.IsEmpty)
            return null;
        return long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw ApiErrors.BadRequest($"strconv.ParseInt: parsing \"{value}\": invalid syntax");
    }
}
