using System.Buffers.Text;
using System.Text.Json;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Watch;

/// <summary>The position after a page of a list. It contains all that any silo needs to continue.</summary>
/// <param name="Revision">The revision of the list; <see cref="AnyRevision"/> to continue with the present one.</param>
/// <param name="Namespace">The namespace of the page's last object.</param>
/// <param name="Name">The name of the page's last object.</param>
/// <param name="Remaining">The number of objects that follow, counted once when the list began; null with a selector.</param>
internal sealed record ContinueToken(long Revision, string Namespace, string Name, long? Remaining)
{
    /// <summary>Stands for the present revision, as in Kubernetes.</summary>
    public const long AnyRevision = -1;

    /// <summary>The last object of the page.</summary>
    public ObjectKey After() => new(Namespace, Name);

    /// <summary>The token as clients hold it.</summary>
    public string Format() => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(this));

    /// <summary>Reads a token.</summary>
    /// <exception cref="ApiException">400: it is not one of ours.</exception>
    public static ContinueToken Parse(string text)
    {
        if (!Base64Url.IsValid(text))
            throw NotValid($": illegal base64 data at input byte {text.TakeWhile(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_').Count()}");
        try
        {
            var token = JsonSerializer.Deserialize<ContinueToken>(Base64Url.DecodeFromChars(text));
            if (token is { Namespace: not null, Name: not null, Revision: >= AnyRevision and not 0 })
                return token;
        }
        catch (JsonException)
        {
            // The same error as for any other invalid text.
        }

        throw NotValid("");
    }

    private static ApiException NotValid(string why) => ApiErrors.BadRequest($"invalid continue token: continue key is not valid{why}");
}
