namespace OrleansOrchestrator.Node.Proxy.Nftables;

/// <summary>Writes elements of sets and maps in the words of nft, many in one command.</summary>
internal static class ElementText
{
    // Long commands cost nft more for each element.
    private const int ElementsOfACommand = 1000;

    /// <summary>Writes the commands that add elements. Elements of sets have an empty value.</summary>
    public static void WriteAdditions(TextWriter text, TableSettings settings, TableSet set, IEnumerable<KeyValuePair<string, string>> elements) =>
        Write(text, "add", settings, set, elements.Select(element => element.Value.Length == 0 ? element.Key : $"{element.Key} : {element.Value}"));

    /// <summary>Writes the commands that delete elements.</summary>
    public static void WriteDeletions(TextWriter text, TableSettings settings, TableSet set, IEnumerable<string> keys) =>
        Write(text, "delete", settings, set, keys);

    private static void Write(TextWriter text, string verb, TableSettings settings, TableSet set, IEnumerable<string> elements)
    {
        foreach (var some in elements.Chunk(ElementsOfACommand))
        {
            text.Write($"{verb} element ip {settings.Name} {TableText.NameOf(set)} {{\n ");
            text.Write(string.Join(",\n ", some));
            text.Write("\n}\n");
        }
    }
}
