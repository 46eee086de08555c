using OrleansOrchestrator.Node.Linux;
using System.Text.Json;

namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>Reads and writes one record as JSON; a write is atomic.</summary>
internal static class RecordFile
{
    public static void Write<T>(string path, T record) => WholeFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(record));

    /// <summary>Returns the record; null if it is missing or unreadable.</summary>
    public static T? Read<T>(string path) where T : class
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<T>(File.ReadAllBytes(path)) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
