using System.Text;
using Microsoft.AspNetCore.Http;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>Warnings for the sender, as <c>Warning: 299 - "…"</c> headers.</summary>
/// <remarks>RFC 7234 section 5.5; kubectl prints each one.</remarks>
internal sealed class WarningHeaders(HttpResponse response)
{
    /// <summary>The most characters of all warnings of a response; more are dropped, since headers must stay small. Kubernetes has the
    /// same limit.</summary>
    private const int CharactersMax = 4096;
    private readonly HashSet<string> _sent = new(StringComparer.Ordinal);
    private int _characters;

    /// <summary>Adds a warning unless it is already present.</summary>
    public void Add(string text)
    {
        if (response.HasStarted || _characters + text.Length > CharactersMax || !_sent.Add(text))
            return;
        _characters += text.Length;
        // Each byte of a header is a character to the server.
        response.Headers.Append("Warning", Encoding.Latin1.GetString(Encoding.UTF8.GetBytes($"299 - \"{Quote(text)}\"")));
    }

    private static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 8);
        foreach (var character in text)
        {
            if (character is '"' or '\\')
                quoted.Append('\\').Append(character);
            else
                quoted.Append(char.IsControl(character) ? ' ' : character);
        }

        return quoted.ToString();
    }
}
