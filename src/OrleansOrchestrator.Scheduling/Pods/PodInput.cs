using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Scheduling.Pods;

/// <summary>
/// A part of a pod's specification that plugins read. A pod's <see cref="PodShape"/> holds the inputs that the registered
/// plugins declare, and nothing else of its specification.
/// </summary>
internal abstract class PodInput(string name)
{
    private static int s_count;

    /// <summary>What it is called in messages.</summary>
    public string Name { get; } = name;

    /// <summary>Its place in a shape.</summary>
    public int Index { get; } = Interlocked.Increment(ref s_count) - 1;

    /// <summary>
    /// Reads the input, and writes all that was read of the pod to the shape's key. So pods of equal keys have equal inputs.
    /// </summary>
    public abstract object Read(V1Pod pod, Utf8JsonWriter key);

    /// <summary>What plugins see of a pod that has nothing of it.</summary>
    public abstract object Nothing { get; }
}

/// <summary>An input as plugins see it.</summary>
internal abstract class PodInput<T>(string name, T nothing) : PodInput(name)
    where T : class
{
    public override object Nothing { get; } = nothing;
}

/// <summary>An input that is compiled from a selection of the pod's fields.</summary>
/// <param name="name">What it is called in messages.</param>
/// <param name="nothing">What plugins see of a pod that has nothing of it.</param>
/// <param name="select">
/// Selects the fields; null if the pod has nothing of them. The selection is written to the key as JSON, whole: whoever
/// selects one more field has it in the key too.
/// </param>
/// <param name="compile">Makes of the selection what plugins see. It gets nothing else of the pod.</param>
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
