using System.Text.Encodings.Web;
using System.Text.Json;

namespace OrleansOrchestrator.Testing.Fuzzing;

/// <summary>How JSON is written here: deep if need be, and without escapes that are not needed.</summary>
internal static class JsonText
{
    public static JsonSerializerOptions Relaxed { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 1000 };
}
