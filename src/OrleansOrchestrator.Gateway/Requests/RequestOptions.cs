using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>The query parameters of a request, read in one pass. The first of equal names counts; unknown ones are ignored.</summary>
/// <remarks>Values stay unparsed: their meaning depends on the verb, so that a number is parsed, and refused, only where it is
/// used.</remarks>
internal sealed class RequestOptions
{
    private static readonly RequestOptions None = new();

    private string? _limit;
    private string? _timeoutSeconds;
    private string? _gracePeriodSeconds;
    private string? _timeout;
    private bool? _watch;
    private bool? _allowWatchBookmarks;
    private List<string>? _dryRun;

    public string LabelSelector { get; private set; } = "";

    public string FieldSelector { get; private set; } = "";

    public string ResourceVersion { get; private set; } = "";

    public string ResourceVersionMatch { get; private set; } = "";

    public string Continue { get; private set; } = "";

    public string Uid { get; private set; } = "";

    /// <exception cref="ApiException">400: not a number.</exception>
    public long Limit => Number(_limit) ?? 0;

    /// <exception cref="ApiException">400: not a number.</exception>
    public long? TimeoutSeconds => Number(_timeoutSeconds);

    public bool Watch => _watch ?? false;

    public bool AllowWatchBookmarks => _allowWatchBookmarks ?? false;

    public bool? SendInitialEvents { get; private set; }

    /// <summary>All given values.</summary>
    public IReadOnlyList<string> DryRun => _dryRun ?? [];

    public string FieldManager { get; private set; } = "";

    public string FieldValidation { get; private set; } = "";

    public bool? Force { get; private set; }

    /// <exception cref="ApiException">400: not a number.</exception>
    public long? GracePeriodSeconds => Number(_gracePeriodSeconds);

    /// <summary>Null if absent; the empty text is an invalid policy.</summary>
    public string? PropagationPolicy { get; private set; }

    public bool? OrphanDependents { get; private set; }

    /// <summary>Null if absent or empty.</summary>
    public bool? Pretty { get; private set; }

    public string IncludeObject { get; private set; } = "";

    /// <summary>The longest time that the sender wants to wait; null if absent.</summary>
    /// <exception cref="ApiException">400: not a duration.</exception>
    public TimeSpan? Timeout
    {
        get
        {
            try
            {
                return string.IsNullOrEmpty(_timeout) ? null : GoSyntax.ParseDuration(_timeout);
            }
            catch (FormatException malformed)
            {
                throw ApiErrors.BadRequest($"invalid timeout specified in the request URL - {malformed.Message}");
            }
        }
    }

    /// <summary>Reads a query string.</summary>
    public static RequestOptions Parse(QueryString query)
    {
        if (!query.HasValue)
            return None;
        var options = new RequestOptions();
        foreach (var pair in new QueryStringEnumerable(query.Value))
            options.Set(pair.DecodeName().Span, pair.DecodeValue());
        return options;
    }

    /// <summary>Parses a numeric parameter.</summary>
    /// <returns>Null if absent.</returns>
    /// <exception cref="ApiException">400: not a number, which includes the empty text.</exception>
    public static long? Number(string? text)
    {
        try
        {
            return text is null ? null : GoSyntax.ParseInt(text);
        }
        catch (FormatException malformed)
        {
            throw ApiErrors.BadRequest(malformed.Message);
        }
    }

    /// <summary>Parses a boolean parameter: as in Kubernetes, every value but these is true, the empty one included.</summary>
    internal static bool Flag(ReadOnlySpan<char> value) => !(value is "0" || value.Equals("false", StringComparison.OrdinalIgnoreCase));

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
                _limit ??= value.ToString();
                break;
            case "timeoutSeconds":
                _timeoutSeconds ??= value.ToString();
                break;
            case "timeout":
                _timeout ??= value.ToString();
                break;
            case "watch":
                _watch ??= Flag(value.Span);
                break;
            case "allowWatchBookmarks":
                _allowWatchBookmarks ??= Flag(value.Span);
                break;
            case "sendInitialEvents":
                SendInitialEvents ??= Flag(value.Span);
                break;
            case "pretty":
                Pretty ??= value.IsEmpty ? null : GoSyntax.IsTrue(value.ToString());
                break;
            case "includeObject":
                IncludeObject = First(IncludeObject, value);
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
                (_dryRun ??= []).Add(value.ToString());
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
                _gracePeriodSeconds ??= value.ToString();
                break;
            case "propagationPolicy":
                PropagationPolicy ??= value.ToString();
                break;
            case "orphanDependents":
                OrphanDependents ??= Flag(value.Span);
                break;
            case "uid":
                Uid = First(Uid, value);
                break;
        }
    }

    private static string First(string present, ReadOnlyMemory<char> value) => present.Length > 0 ? present : value.ToString();
}
