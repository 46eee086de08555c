using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>Turns the options of reads into queries by Kubernetes' rules for <c>resourceVersion</c>.</summary>
/// <remarks>https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions</remarks>
internal static class ReadQueries
{
    private const string Exact = "Exact";
    private const string NotOlderThan = "NotOlderThan";
    private static readonly FieldPath MatchPath = FieldPath.Root("resourceVersionMatch");
    private static readonly FieldPath InitialEventsPath = FieldPath.Root("sendInitialEvents");

    /// <summary>The freshness of a GET.</summary>
    public static Freshness ForGet(RequestOptions options) =>
        options.ResourceVersion.Length == 0 ? Freshness.Latest : Freshness.AtLeast(ParseRevision(options.ResourceVersion));

    /// <summary>The query of a LIST.</summary>
    public static ListQuery ForList(RequestInfo info, RequestOptions options)
    {
        ValidateList(options);
        CheckNumbers(options);
        var filter = ObjectFilters.Parse(info, options);
        var limit = (int)Math.Clamp(options.Limit, 0, int.MaxValue);
        if (options.Continue.Length > 0)
        {
            if (options.ResourceVersion.Length > 0 && options.ResourceVersion != "0")
                throw ApiErrors.BadRequest("specifying resource version is not allowed when using continue");
            return new ListQuery(filter, Freshness.Latest, limit, options.Continue);
        }

        return new ListQuery(filter, ListFreshness(options), limit);
    }

    /// <summary>The query of a WATCH. A null <see cref="WatchQuery.AfterRevision"/> begins with the present objects.</summary>
    public static WatchQuery ForWatch(RequestInfo info, RequestOptions options)
    {
        ValidateWatch(options);
        CheckNumbers(options);
        var filter = ObjectFilters.Parse(info, options);
        var hasRevision = options.ResourceVersion.Length > 0;
        var revision = hasRevision ? ParseRevision(options.ResourceVersion) : 0;
        if (options.SendInitialEvents == true || revision == 0)
            return new WatchQuery(filter, null, hasRevision ? Freshness.AtLeast(revision) : Freshness.Latest);
        return new WatchQuery(filter, revision, Freshness.Any);
    }

    private static Freshness ListFreshness(RequestOptions options)
    {
        if (options.ResourceVersion.Length == 0)
            return Freshness.Latest;
        var revision = ParseRevision(options.ResourceVersion);
        // A limit without a match is the older paging, which is exact.
        var isExact = options.ResourceVersionMatch == Exact
            || (options.ResourceVersionMatch.Length == 0 && options.Limit > 0 && revision > 0);
        return new Freshness(revision, isExact);
    }

    private static void ValidateList(RequestOptions options)
    {
        var errors = new FieldErrors();
        var match = options.ResourceVersionMatch;
        if (match.Length > 0)
        {
            if (options.ResourceVersion.Length == 0)
                errors.Forbidden(MatchPath, "resourceVersionMatch is forbidden unless resourceVersion is provided");
            if (options.Continue.Length > 0)
                errors.Forbidden(MatchPath, "resourceVersionMatch is forbidden when continue is provided");
            if (match is not (Exact or NotOlderThan))
                errors.NotSupported(MatchPath, match, Exact, NotOlderThan, "");
            if (match == Exact && options.ResourceVersion == "0")
                errors.Forbidden(MatchPath, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
        }

        if (options.SendInitialEvents is not null)
            errors.Forbidden(InitialEventsPath, "sendInitialEvents is forbidden for list");

        InvalidOptions.ThrowIfAny("ListOptions", errors);
    }

    private static void ValidateWatch(RequestOptions options)
    {
        var errors = new FieldErrors();
        var match = options.ResourceVersionMatch;
        if (options.SendInitialEvents is not null && match != NotOlderThan)
            errors.Forbidden(MatchPath, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
        if (match.Length > 0)
        {
            if (options.SendInitialEvents is null)
                errors.Forbidden(MatchPath, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
            if (match != NotOlderThan)
                errors.NotSupported(MatchPath, match, NotOlderThan);
            if (options.Continue.Length > 0)
                errors.Forbidden(MatchPath, "resourceVersionMatch is forbidden when continue is provided");
        }

        InvalidOptions.ThrowIfAny("ListOptions", errors);
    }

    /// <summary>Parses the numeric options, whether the verb uses them or not.</summary>
    private static void CheckNumbers(RequestOptions options) => _ = (options.Limit, options.TimeoutSeconds);

    private static long ParseRevision(string text)
    {
        try
        {
            // A larger revision than any store reaches behaves the same.
            return (long)Math.Min(GoSyntax.ParseUInt(text), long.MaxValue);
        }
        catch (FormatException malformed)
        {
            throw ApiErrors.BadRequest($"invalid resource version: resourceVersion: Invalid value: {GoSyntax.Quote(text)}: {malformed.Message}");
        }
    }
}
