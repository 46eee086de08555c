using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Gateway.Logs;

/// <summary>The options of a request for a container's log.</summary>
/// <param name="Container">The container; empty for the only one.</param>
/// <param name="NodeQuery">All other options, validated, in the node daemon's form.</param>
/// <remarks>https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#get-read-log-of-the-specified-pod</remarks>
internal sealed record LogOptions(string Container, QueryString NodeQuery)
{
    private static readonly string[] Flags = ["follow", "previous", "timestamps"];

    /// <summary>Reads the options of a request.</summary>
    /// <param name="pod">The pod's name, for errors.</param>
    /// <param name="query">The request's query.</param>
    /// <exception cref="Model.Errors.ApiException">422: an option has an invalid value.</exception>
    public static LogOptions Parse(string pod, IQueryCollection query)
    {
        var errors = new FieldErrors();
        var forwarded = new QueryBuilder();
        foreach (var name in Flags)
            Forward(query, name, forwarded);
        ForwardTime(query, "sinceTime", forwarded);
        ForwardNumber(query, "tailLines", 0, forwarded, errors);
        ForwardNumber(query, "sinceSeconds", 1, forwarded, errors);
        ForwardNumber(query, "limitBytes", 1, forwarded, errors);
        if (query.ContainsKey("sinceSeconds") && query.ContainsKey("sinceTime"))
            errors.Forbidden(FieldPath.Root(""), "at most one of `sinceTime` or `sinceSeconds` may be specified");
        if (query.ContainsKey("stream"))
            errors.Forbidden(FieldPath.Root("stream"), "may not be specified");
        InvalidOptions.ThrowIfAny("PodLogOptions", errors, pod, group: "");
        return new LogOptions(query["container"].FirstOrDefault() ?? "", forwarded.ToQueryString());
    }

    private static void Forward(IQueryCollection query, string name, QueryBuilder forwarded)
    {
        if (query[name] is [{ Length: > 0 } value, ..])
            forwarded.Add(name, value);
    }

    private static void ForwardTime(IQueryCollection query, string name, QueryBuilder forwarded)
    {
        // Older clients send JSON's null for a time that is not set.
        if (query[name] is not [{ } text, ..] || text is "" or "null")
            return;
        try
        {
            forwarded.Add(name, GoSyntax.ParseTime(text).ToString("O", CultureInfo.InvariantCulture));
        }
        catch (FormatException malformed)
        {
            throw ApiErrors.BadRequest(malformed.Message);
        }
    }

    private static void ForwardNumber(IQueryCollection query, string name, long least, QueryBuilder forwarded, FieldErrors errors)
    {
        if (RequestOptions.Number(query[name] is [{ } text, ..] ? text : null) is not { } number)
            return;
        if (number < least)
            errors.Invalid(FieldPath.Root(name), number, least == 0 ? "must be greater than or equal to 0" : "must be greater than 0");
        else
            forwarded.Add(name, number.ToString(CultureInfo.InvariantCulture));
    }
}
