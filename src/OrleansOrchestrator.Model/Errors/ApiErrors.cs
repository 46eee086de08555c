using System.Text;
using k8s.Models;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Model.Errors;

/// <summary>Makes the errors of Kubernetes' API, in its words.</summary>
public static class ApiErrors
{
    /// <summary>404: the object does not exist.</summary>
    public static ApiException NotFound(ResourceName resource, string name) =>
        New(404, "NotFound", $"{resource} \"{name}\" not found", Details(resource, name));

    /// <summary>404: nothing is served under the path.</summary>
    public static ApiException NoSuchPath() =>
        New(404, "NotFound", "the server could not find the requested resource", new V1StatusDetails());

    /// <summary>409: an object of that name exists.</summary>
    public static ApiException AlreadyExists(ResourceName resource, string name) =>
        New(409, "AlreadyExists", $"{resource} \"{name}\" already exists", Details(resource, name));

    /// <summary>409: the write is based on a state that is no longer current.</summary>
    public static ApiException Conflict(ResourceName resource, string name, string why) =>
        New(409, "Conflict", $"Operation cannot be fulfilled on {resource} \"{name}\": {why}", Details(resource, name));

    /// <summary>409: somebody else changed the object first.</summary>
    public static ApiException Modified(ResourceName resource, string name) => Conflict(resource, name,
        "the object has been modified; please apply your changes to the latest version and try again");

    /// <summary>422: the object is invalid; the error lists all faults.</summary>
    public static ApiException Invalid(ResourceDefinition definition, string? name, IReadOnlyList<FieldError> errors) =>
        Invalid(definition.Group, definition.Kind, name, errors);

    /// <summary>422: an object of a kind that is not stored is invalid; the error lists all faults.</summary>
    public static ApiException Invalid(string group, string kind, string? name, IReadOnlyList<FieldError> errors)
    {
        var list = errors.Count == 1 ? errors[0].ToString() : $"[{string.Join(", ", errors)}]";
        var qualified = group.Length == 0 ? kind : $"{kind}.{group}";
        return New(422, "Invalid", $"{qualified} \"{name}\" is invalid: {list}", new V1StatusDetails
        {
            Group = Text(group),
            Kind = kind,
            Name = Text(name),
            Causes = [.. errors.Select(e => new V1StatusCause { Field = e.Field, Message = e.Message, Reason = e.Reason })],
        });
    }

    /// <summary>422: the request is well-formed, but cannot be applied to the present object.</summary>
    public static ApiException Unprocessable(string message) => New(422, "Invalid", message);

    /// <summary>400: the request is invalid.</summary>
    public static ApiException BadRequest(string message) => New(400, "BadRequest", message);

    /// <summary>400: a body cannot even be parsed as an object with a kind.</summary>
    /// <param name="kind">The expected kind.</param>
    /// <param name="why">The fault.</param>
    /// <param name="body">The body; the error shows its beginning.</param>
    public static ApiException Unrecognized(string kind, string why, ReadOnlySpan<byte> body)
    {
        // As many as Kubernetes shows.
        const int BytesShown = 30;
        var shown = body[..Math.Min(body.Length, BytesShown)];
        var summary = body.IsEmpty ? "<empty>" : (body[0] == '{' ? Encoding.UTF8.GetString(shown) : Convert.ToHexStringLower(shown))
            + (body.Length > BytesShown ? " ..." : "");
        return BadRequest($"the object provided is unrecognized (must be of type {kind}): {why} ({summary})");
    }

    /// <summary>401: the sender is not authenticated.</summary>
    public static ApiException Unauthorized() => New(401, "Unauthorized", "Unauthorized");

    /// <summary>403: the sender or an admission rule does not allow it.</summary>
    public static ApiException Forbidden(ResourceName resource, string? name, string why) => New(403, "Forbidden",
        string.IsNullOrEmpty(name) ? $"{resource} is forbidden: {why}" : $"{resource} \"{name}\" is forbidden: {why}",
        Details(resource, name));

    /// <summary>405: the resource does not support the verb.</summary>
    public static ApiException MethodNotAllowed(string why = "the server does not allow this method on the requested resource") =>
        New(405, "MethodNotAllowed", why, new V1StatusDetails());

    /// <summary>406: no accepted media type is possible.</summary>
    public static ApiException NotAcceptable(string supported) =>
        New(406, "NotAcceptable", $"only the following media types are accepted: {supported}");

    /// <summary>406: the requested view of an object is not possible.</summary>
    public static ApiException NotAcceptableView(string why) => New(406, "NotAcceptable", why);

    /// <summary>410: the requested version is no longer in the history; list again.</summary>
    public static ApiException Expired(string message) => New(410, "Expired", message);

    /// <summary>413: the body is over the limit.</summary>
    public static ApiException RequestEntityTooLarge(long limitBytes) => TooLarge($"limit is {limitBytes}");

    /// <summary>413: the request asks for more than is allowed at once.</summary>
    public static ApiException TooLarge(string why) => New(413, "RequestEntityTooLarge", $"Request entity too large: {why}");

    /// <summary>415: the body's media type is not supported.</summary>
    public static ApiException UnsupportedMediaType(string given, string supported) => New(415, "UnsupportedMediaType",
        $"the body of the request was in an unknown format - accepted media types include: {supported} (got \"{given}\")");

    /// <summary>429: too many requests; retry after <paramref name="retryAfterSeconds"/>.</summary>
    public static ApiException TooManyRequests(string message, int retryAfterSeconds) =>
        New(429, "TooManyRequests", message, new V1StatusDetails { RetryAfterSeconds = retryAfterSeconds });

    /// <summary>429: a disruption budget forbids the eviction now. Clients recognise it by its cause.</summary>
    public static ApiException DisruptionBudget(string why, int? retryAfterSeconds) =>
        New(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", new V1StatusDetails
        {
            RetryAfterSeconds = retryAfterSeconds,
            Causes = [new V1StatusCause { Reason = "DisruptionBudget", Message = why }],
        });

    /// <summary>500: an internal error.</summary>
    public static ApiException Internal(string message) => New(500, "InternalError", $"Internal error occurred: {message}");

    /// <summary>501: Kubernetes supports it, but this server does not yet.</summary>
    public static ApiException NotImplemented(string message) => New(501, "NotImplemented", message);

    /// <summary>502: a server behind this one has answered with what cannot be passed on.</summary>
    public static ApiException BadGateway(string message) => New(502, "InternalError", message);

    /// <summary>503: the cluster cannot do it now, and did not; retry.</summary>
    public static ApiException ServiceUnavailable(string message) =>
        New(503, "ServiceUnavailable", message, new V1StatusDetails { RetryAfterSeconds = 1 });

    /// <summary>504: there was no answer in time; the write may or may not have happened.</summary>
    public static ApiException Timeout(string message) =>
        New(504, "Timeout", $"Timeout: {message}", new V1StatusDetails { RetryAfterSeconds = 1 });

    /// <summary>504: the revision lies in the future. Clients recognise it by its cause.</summary>
    public static ApiException TooLargeResourceVersion(long asked, long current) =>
        New(504, "Timeout", $"Timeout: Too large resource version: {asked}, current: {current}", new V1StatusDetails
        {
            RetryAfterSeconds = 1,
            Causes = [new V1StatusCause { Reason = "ResourceVersionTooLarge", Message = "Too large resource version" }],
        });

    private static ApiException New(int code, string reason, string message, V1StatusDetails? details = null) => new(new V1Status
    {
        ApiVersion = "v1",
        Kind = "Status",
        Metadata = new V1ListMeta(),
        Status = "Failure",
        Message = message,
        Reason = reason,
        Details = details,
        Code = code,
    });

    private static V1StatusDetails Details(ResourceName resource, string? name) =>
        new() { Group = Text(resource.Group), Kind = resource.Plural, Name = Text(name) };

    private static string? Text(string? value) => string.IsNullOrEmpty(value) ? null : value;
}
