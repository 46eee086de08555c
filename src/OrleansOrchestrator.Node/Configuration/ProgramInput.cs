using System.Text;

namespace OrleansOrchestrator.Node.Configuration;

/// <summary>
/// Limits a program's arguments and environment to what the kernel accepts. A container that needs more fails with a message instead of
/// <c>E2BIG</c>, and before the daemon has built the strings: variables that refer to variables can grow without bound.
/// </summary>
/// <remarks>See MAX_ARG_STRLEN and ARG_MAX in execve(2).</remarks>
internal sealed class ProgramInput
{
    /// <summary>The most bytes of all strings together: a quarter of the 8 MiB stack that programs get.</summary>
    public const int TotalBytesMax = 2 * 1024 * 1024;

    // The pointer to each string and its terminating zero.
    private const int OverheadBytes = 9;

    private long _total;

    /// <summary>The most bytes of one string: 32 pages, including the terminating zero.</summary>
    public static int StringBytesMax { get; } = (32 * Environment.SystemPageSize) - 1;

    /// <summary>Adds a variable.</summary>
    /// <exception cref="ConfigurationException">The variable, or all together, is too large.</exception>
    public void Set(string name, string value, IDictionary<string, string> variables)
    {
        if (variables.TryGetValue(name, out var old))
            _total -= BytesOf(name, old) + OverheadBytes;
        Add(BytesOf(name, value), $"environment variable \"{name}\"");
        variables[name] = value;
    }

    /// <summary>Expands and counts the words of a command.</summary>
    /// <exception cref="ConfigurationException">A word, or all together, is too large.</exception>
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

    /// <summary>The bytes of a variable as <c>NAME=value</c>.</summary>
    public static int BytesOf(string name, string value) => Encoding.UTF8.GetByteCount(name) + 1 + Encoding.UTF8.GetByteCount(value);

    /// <summary>Refuses a string that is too long.</summary>
    /// <exception cref="ConfigurationException">It is too long.</exception>
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
