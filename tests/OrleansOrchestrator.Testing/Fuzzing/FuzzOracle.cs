using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace OrleansOrchestrator.Testing.Fuzzing;

/// <summary>Judges an answer, whatever the request was.</summary>
internal static partial class FuzzOracle
{
    private static readonly string[] MicroTimes = ["acquireTime", "renewTime", "eventTime", "lastObservedTime"];

    // The fields that may hold any JSON, and so null.
    private static readonly string[] Free = ["data", "default", "enum", "example", "fieldsV1", "free", "x", "status", "parameters", "embedded", "maybe", "raw", "template", "set", "list"];

    /// <summary>What is wrong with a whole answer; null if nothing. An error comes in whatever format the client accepts.</summary>
    public static string? Judge(FuzzRequest request, HttpStatusCode code, string contentType, string body)
    {
        if ((int)code < 400)
            return null;
        if (request.Method == "HEAD" || body.Length == 0)
            return code is HttpStatusCode.InternalServerError or HttpStatusCode.ServiceUnavailable ? $"{(int)code} without a body" : null;
        if (!contentType.Contains("json", StringComparison.Ordinal))
            return (int)code >= 500 && !ServerErrors.IsKubernetes(code, body) ? $"{(int)code}: {body}" : null;
        JsonNode? status;
        try
        {
            status = JsonNode.Parse(body);
        }
        catch (JsonException)
        {
            return $"{(int)code} with a body that is no JSON: {body}";
        }

        if (status is not JsonObject || (string?)status["kind"] != "Status" || (int?)status["code"] != (int)code || (string?)status["message"] is not { Length: > 0 } message)
            return $"{(int)code} with a body that is no Status of it: {body}";
        return (int)code >= 500 && !ServerErrors.IsKubernetes(code, message) ? $"{(int)code}: {message}" : null;
    }

    /// <summary>What is wrong with a stored object; null if nothing.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="node">The object, or a part of it.</param>
    /// <param name="at">The path of the part.</param>
    public static string? JudgeStored(string kind, JsonNode? node, string at = "")
    {
        switch (node)
        {
            case JsonObject members:
                return members.Select(member =>
                {
                    var path = $"{at}.{member.Key}";
                    if (member.Value is null)
                        return IsFree(kind, path) ? null : $"{path} of a {kind} is stored as null";
                    if (MicroTimes.Contains(member.Key) && kind is "Lease" or "Event" && !MicroTime().IsMatch(member.Value.ToString()))
                        return $"{path} of a {kind} is {member.Value}";
                    return JudgeStored(kind, member.Value, path);
                }).FirstOrDefault(fault => fault is not null);
            case JsonArray elements:
                return elements.Select((element, i) => element is null && !IsFree(kind, at) ? $"{at}[{i}] of a {kind} is stored as null" : JudgeStored(kind, element, $"{at}[]"))
                    .FirstOrDefault(fault => fault is not null);
            default:
                return null;
        }
    }

    private static bool IsFree(string kind, string path) => kind is "ControllerRevision" or "CustomResourceDefinition" or "FuzzThing" && path.Split('.', '[').Intersect(Free).Any();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")]
    private static partial Regex MicroTime();
}
