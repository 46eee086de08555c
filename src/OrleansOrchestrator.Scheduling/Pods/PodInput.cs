using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Scheduling.Pods;

/// <summary>
/// A part of a pod's specification that plugins read. A pod's <see cref="PodShape"/> contains exactly the inputs that the registered
/// plugins declare.
/// </summary>
internal abstract class PodInput(string name)
{
    private static int s_count;

    /// <summary>The name in messages.</summary>
    public string Name { get; } = name;

    /// <summary>Its index in a shape.</summary>
    public int Index { get; } = Interlocked.Increment(ref s_count) - 1;

    /// <summary>Reads the input, and writes everything it has read to the shape's key. So pods with equal keys have equal inputs.</summary>
    public abstract object Read(V1Pod pod, Utf8JsonWriter key);

    /// <summary>The value for a pod without these fields.</summary>
    public abstract object Nothing { get; }
}

/// <summary>A typed input.</summary>
internal abstract class PodInput<T>(string name, T nothing) : PodInput(name)
    where T : class
{
    public override object Nothing { get; } = nothing;
}

/// <summary>An input that is compiled from selected fields of the pod.</summary>
/// <param name="name">The name in messages.</param>
/// <param name="nothing">The value for a pod without these fields.</param>
/// <param name="select">
/// Selects the fields; null if the pod has none. The whole selection is written to the key as JSON, so that a further selected field is
/// in the key too.
/// </param>
/// <param name="compile">Compiles the selection to the value that plugins see. It has no access to the rest of the pod.</param>
internal sealed class PodInput<TSelection, T>(string name, T nothing, Func<V1Pod, TSelection?> select, Func<TSelection, T> compile)
    : PodInput<T>(name, nothing)
    where TSelection : class
    where T : class
{
    public override object Read(V1Pod pod, Utf8JsonWriter key)
    {
        if (select(pod) is not { } selection)
            return Nothing;
        key.WriteStartArray();
        key.WriteNumberValue(Index);
        JsonSerializer.Serialize(key, selection, ObjectCodec.Options);
        key.WriteEndArray();
        return compile(selection);
    }
}
