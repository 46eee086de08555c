using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansOrchestrator.Documents.Patching;

/// <summary>Estimates the size of a value in bytes without writing it.</summary>
internal static class JsonSize
{
    /// <summary>The size of a value. Stops soon after a bound, so that the cost is bounded as well.</summary>
    public static int Of(JsonNode? value, int bytesMax)
    {
        var size = 0;
        Add(value, bytesMax, ref size);
        return size;
    }

    private static void Add(JsonNode? value, int bytesMax, ref int size)
    {
        size += 2;
        if (size > bytesMax)
            return;
        switch (value)
        {
            case JsonObject members:
                foreach (var (name, member) in members)
                {
                    size += name.Length + 4;
                    Add(member, bytesMax, ref size);
                    if (size > bytesMax)
                        return;
                }

                break;
            case JsonArray elements:
                foreach (var element in elements)
                {
                    Add(element, bytesMax, ref size);
                    if (size > bytesMax)
                        return;
                }

                break;
            case JsonValue scalar:
                size += scalar.GetValueKind() == JsonValueKind.String ? scalar.GetValue<string>().Length : scalar.ToJsonString().Length;
                break;
        }
    }
}
