using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Consistency.Tests.Histories;
using OrleansOrchestrator.Testing.Programs;

namespace OrleansOrchestrator.Consistency.Tests.Clients;

/// <summary>Does operations on ConfigMaps over HTTPS, and notes what it was told, and when.</summary>
internal sealed class ConfigMapClient(int number, string space, Recorder recorder, Func<long> now)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    private int _writes;

    private string Path => $"/api/v1/namespaces/{space}/configmaps";

    /// <summary>Answers that no client should ever get.</summary>
    public List<string> Unexpected { get; } = [];

    public Task<Operation> CreateAsync(ApiConnection silo, string key)
    {
        var value = NewValue();
        return DoAsync(silo, OperationKind.Create, key, value, 0, HttpMethod.Post, Path, Body(key, value, null));
    }

    public Task<Operation> ReplaceAsync(ApiConnection silo, string key, long expected)
    {
        var value = NewValue();
        return DoAsync(silo, OperationKind.Replace, key, value, expected, HttpMethod.Put, $"{Path}/{key}", Body(key, value, expected));
    }

    public Task<Operation> PatchAsync(ApiConnection silo, string key)
    {
        var value = NewValue();
        return DoAsync(
            silo, OperationKind.Patch, key, value, 0, HttpMethod.Patch, $"{Path}/{key}", $$$"""{"data":{"value":"{{{value}}}"}}""", "application/merge-patch+json");
    }

    public Task<Operation> DeleteAsync(ApiConnection silo, string key) =>
        DoAsync(silo, OperationKind.Delete, key, null, 0, HttpMethod.Delete, $"{Path}/{key}");

    public Task<Operation> GetAsync(ApiConnection silo, string key) =>
        DoAsync(silo, OperationKind.Get, key, null, 0, HttpMethod.Get, $"{Path}/{key}");

    /// <summary>Lists all objects; null if that failed.</summary>
    public async Task<Listing?> ListAsync(ApiConnection silo)
    {
        var invoked = now();
        var (answer, _) = await SendAsync(silo, HttpMethod.Get, Path, null, "application/json");
        if (answer is not { Code: HttpStatusCode.OK })
            return null;
        var list = answer.Json;
        var items = list["items"]!.AsArray().Select(item => item!).Where(IsOurs).ToDictionary(NameOf, VersionOf, StringComparer.Ordinal);
        var listing = new Listing(number, invoked, now(), RevisionOf(list), items);
        recorder.Add(listing);
        return listing;
    }

    /// <summary>Whether an object is one of the run's, rather than one that every namespace gets.</summary>
    public static bool IsOurs(JsonNode obj) => !NameOf(obj).StartsWith("kube-", StringComparison.Ordinal);

    public static string NameOf(JsonNode obj) => (string)obj["metadata"]!["name"]!;

    public static Version VersionOf(JsonNode obj) => new(RevisionOf(obj), (string)obj["data"]!["value"]!);

    public static long RevisionOf(JsonNode obj) => long.Parse((string)obj["metadata"]!["resourceVersion"]!, CultureInfo.InvariantCulture);

    private string NewValue() => $"c{number}-{++_writes}";

    private static string Body(string key, string value, long? revision) => new JsonObject
    {
        ["metadata"] = revision is null
            ? new JsonObject { ["name"] = key }
            : new JsonObject { ["name"] = key, ["resourceVersion"] = revision.Value.ToString(CultureInfo.InvariantCulture) },
        ["data"] = new JsonObject { ["value"] = value },
    }.ToJsonString();

    private async Task<Operation> DoAsync(
        ApiConnection silo, OperationKind kind, string key, string? written, long expected, HttpMethod method, string path,
        string? body = null, string contentType = "application/json")
    {
        var invoked = now();
        var (answer, failure) = await SendAsync(silo, method, path, body, contentType);
        var returned = now();
        var (outcome, result, detail) = answer is null ? (failure!.Value.Outcome, null, failure.Value.Detail) : Read(kind, answer);
        var operation = new Operation(number, kind, key, invoked, returned, outcome)
        {
            Written = written,
            Expected = expected,
            Shown = result,
            Detail = detail,
        };
        recorder.Add(operation);
        return operation;
    }

    private static async Task<(ApiAnswer? Answer, (Outcome Outcome, string Detail)? Failure)> SendAsync(
        ApiConnection silo, HttpMethod method, string path, string? body, string contentType)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            return (await silo.SendAsync(method, path, body, contentType, cancellationToken: patience.Token), null);
        }
        catch (HttpRequestException notConnected) when (notConnected.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused })
        {
            return (null, (Outcome.Refused, "connection refused"));
        }
        catch (Exception lost) when (lost is HttpRequestException or IOException or OperationCanceledException)
        {
            return (null, (Outcome.Unknown, lost.Message));
        }
    }

    private (Outcome Outcome, Version? Result, string? Detail) Read(OperationKind kind, ApiAnswer answer)
    {
        switch ((int)answer.Code)
        {
            case 200 or 201:
                return (Outcome.Ok, kind == OperationKind.Delete ? null : VersionOf(answer.Json), null);
            case 404:
                return (Outcome.Absent, null, null);
            case 409 when answer.Reason == "AlreadyExists":
                return (Outcome.Exists, null, null);
            case 409:
                return (kind == OperationKind.Replace ? Outcome.Conflict : Outcome.Refused, null, answer.Message);
            case 429 or 503:
                return (Outcome.Refused, null, Explain(answer));
            case 504:
                return (Outcome.Unknown, null, Explain(answer));
            default:
                Unexpected.Add($"{kind}: {(int)answer.Code} {answer.Body}");
                return (Outcome.Unknown, null, answer.Body);
        }
    }

    private static string Explain(ApiAnswer answer)
    {
        try
        {
            return $"{(int)answer.Code} {answer.Message}";
        }
        catch (JsonException)
        {
            return $"{(int)answer.Code} {answer.Body}";
        }
    }
}
