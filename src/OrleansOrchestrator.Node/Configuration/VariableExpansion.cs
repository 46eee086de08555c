using System.Text;

namespace OrleansOrchestrator.Node.Configuration;

/// <summary>Expands <c>$(NAME)</c> in commands, arguments and environment values.</summary>
/// <remarks>
/// <c>$$</c> stands for one dollar sign, so that <c>$$(NAME)</c> becomes the text <c>$(NAME)</c>. An undefined name stays as written.
/// See "Define Dependent Environment Variables" in the Kubernetes documentation.
/// </remarks>
internal static class VariableExpansion
{
    /// <param name="text">The text.</param>
    /// <param name="variables">The variables.</param>
    /// <param name="missing">Takes the names of those that are not defined or empty, if the caller cannot do without.</param>
    /// <exception cref="ConfigurationException">The result is larger than a program's input may be.</exception>
    public static string Expand(string text, IReadOnlyDictionary<string, string> variables, ICollection<string>? missing = null)
    {
        if (!text.Contains('$', StringComparison.Ordinal))
            return text;

        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            ProgramInput.RequireFits(result.Length, "a text with its variables");
            var next = i + 1 < text.Length ? text[i + 1] : '\0';
            if (text[i] != '$' || next is not ('$' or '('))
            {
                result.Append(text[i]);
            }
            else if (next == '$')
            {
                result.Append('$');
                i++;
            }
            else if (text.IndexOf(')', i) is var end and >= 0)
            {
                var name = text[(i + 2)..end];
                var isDefined = variables.TryGetValue(name, out var value);
                result.Append(isDefined ? value : text[i..(end + 1)]);
                if (string.IsNullOrEmpty(value))
                    missing?.Add(name);
                i = end;
            }
            else
            {
                // A reference without a closing parenthesis is plain text.
                result.Append("$(");
                i++;
            }
        }

        ProgramInput.RequireFits(result.Length, "a text with its variables");
        return result.ToString();
    }
}
