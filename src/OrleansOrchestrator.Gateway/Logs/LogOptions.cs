using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Validation;
using OrleansOrchestrator.Gateway.Requests;

namespace OrleansOrchestrator.Gateway.Logs;

/// <summary>What of a container's log is wanted.</summary>
/// <param name="Container">The container; empty for the only one.</param>
/// <param name="NodeQuery">All other options, checked, as the node daemon takes them.</param>
/// <remarks>https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#get-read-log-of-the-specified-pod</remarks>
internal sealed record LogOptions(string Container, QueryString NodeQuery)
{
    private static readonly string[] Flags = ["follow", "previous", "timestamps"];
    private static readonly string[] Texts = ["sinceTime", "stream"];

    /// <summary>Reads the options of a request.</summary>
    /// <param name="pod">The pod's name, for errors.</param>
    /// <param name="query">The request's query.</param>
    /// <exception cref="Model.Errors.ApiException">422: an option has a value that makes no sense.</exception>
    public static LogOptions Parse(string pod, IQueryCollection query)
    {
        var errors = new FieldErrors();
        var forwarded = new QueryBuilder();
        foreach (var name in Flags)
            Forward(query, name, forwarded);
        foreach (var name in Texts)
            Forward(query, name, forwarded);
        ForwardNumber(query, "tailLines", 0, forwarded, errors);
        ForwardNumber(query, "sinceSeconds", 1, forwarded, errors);
        ForwardNumber(query, "limitBytes", 1, forwarded, errors);
        if (query.ContainsKey("sinceSeconds") && query.ContainsKey("sinceTime"))
            errors.Forbidden(FieldPath.Root("sinceTime"), "at most one of `sinceTime` or `sinceSeconds` may be specified");
        InvalidOptions.ThrowIfAny("PodLogOptions", errors, pod, group: "");
        return new LogOptions(query["container"].ToString(), forwarded.ToQueryString());
    }

    private static void Forward(IQueryCollection query, string name, QueryBuilder forwarded)
    {
        if (query[name] is [{ Length: > 0 } value, ..])
            forwarded.Add(name, value);
    }

    private static void ForwardNumber(IQueryCollection query, string name, long least, QueryBuilder forwarded, FieldErrors errors)
    {
        if (query[name] is not [{ Length: > 0 } text, ..])
            return;
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            throw ApiErrors.BadRequest($"strconv.ParseInt: parsing \"{text}\": invalid syntax");
        if (number < least)
            errors.Invalid(FieldPath.Root(name), number, least == 0 ? "must be greater than or equal to 0" : "must be greater than 0");
        else
            forwarded.Add(name, text);
    }
}
