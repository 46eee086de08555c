using System.Text;

namespace OrleansOrchestrator.Node.Configuration;

/// <summary>
/// Counts what a program is to be started with, its arguments and environment, against what the kernel takes. A container
/// that asks for more fails with a sentence instead of an <c>E2BIG</c>, and before the daemon has built it: references to
/// variables that refer to variables can ask for any amount.
/// </summary>
/// <remarks>See MAX_ARG_STRLEN and ARG_MAX in execve(2).</remarks>
internal sealed class ProgramInput
{
    /// <summary>How many bytes all strings may have together: a quarter of the stack of 8 MiB that programs get.</summary>
    public const int TotalBytesMax = 2 * 1024 * 1024;

    // The pointer to each string and the zero at its end.
    private const int OverheadBytes = 9;

    private long _total;

    /// <summary>How many bytes one string may have: 32 pages with the zero at its end.</summary>
    public static int StringBytesMax { get; } = (32 * Environment.SystemPageSize) - 1;

    /// <summary>Adds a variable.</summary>
    /// <exception cref="ConfigurationException">It, or all together, is too much.</exception>
    public void Set(string name, string value, IDictionary<string, string> variables)
    {
        if (variables.TryGetValue(name, out var old))
            _total -= BytesOf(name, old) + OverheadBytes;
        Add(BytesOf(name, value), $"environment variable \"{name}\"");
        variables[name] = value;
    }

    /// <summary>Adds words of a command.</summary>
    /// <exception cref="ConfigurationException">One of them, or all together, is too much.</exception>
    public string[] Expand(IList<string>? words, IReadOnlyDictionary<string, string> variables)
    {
        var expanded = new string[words?.Count ?? 0];
        for (var i = 0; i < expanded.Length; i++)
        {
            expanded[i] = VariableExpansion.Expand(words![i], variables);
            Add(Encoding.UTF8.GetByteCount(expanded[i]), "an argument of the command");
        }

        return expanded;
    }

    /// <summary>How many bytes a variable takes as <c>NAME=value</c>.</summary>
    public static int BytesOf(string name, string value) => Encoding.UTF8.GetByteCount(name) + 1 + Encoding.UTF8.GetByteCount(value);

    /// <summary>Refuses what is too long for one string.</summary>
    /// <exception cref="ConfigurationException">It is.</exception>
    public static void RequireFits(long bytes, string what)
    {
        if (bytes > StringBytesMax)
            throw new ConfigurationException($"{what} has more than the {StringBytesMax} bytes that a program can be given in one");
    }

    private void Add(int bytes, string what)
    {
        RequireFits(bytes, what);
        _total += bytes + OverheadBytes;
        if (_total > TotalBytesMax)
            throw new ConfigurationException($"environment and arguments have more than the {TotalBytesMax} bytes that a program can be given");
    }
}
