using System.Globalization;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>How many descriptors the process may have (RLIMIT_NOFILE).</summary>
internal static class DescriptorLimit
{
    // The usual soft limit of Linux.
    private const int Unknown = 1024;

    /// <summary>Reads the limit that holds now; the runtime raises it to the highest allowed one when it starts.</summary>
    public static int Read()
    {
        try
        {
            return Parse(File.ReadAllText("/proc/self/limits"));
        }
        catch (IOException)
        {
            return Unknown;
        }
    }

    /// <summary>Finds the limit in the text of <c>/proc/self/limits</c>: the column after the name.</summary>
    internal static int Parse(string limits)
    {
        const string name = "Max open files";
        var line = limits.Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        var soft = line?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        if (soft == "unlimited")
            return int.MaxValue;
        return long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? (int)Math.Min(limit, int.MaxValue) : Unknown;
    }
}
