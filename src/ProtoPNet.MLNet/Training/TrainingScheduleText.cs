using System.Text.Json;

namespace ProtoPNet.MLNet.Training;

/// <summary>Schedules as text.</summary>
public static class TrainingScheduleText
{
    extension(TrainingSchedule schedule)
    {
        /// <summary>The schedule as JSON; <c>TrainingSchedule.FromJson</c> reads it.</summary>
        public string ToJson() => ScheduleJson.Write(schedule);

        /// <summary>
        /// The schedule for reading, in the words of the JSON: a line for each phase, such as <c>1. warmUp (epochs 12, views 6)</c>, and a last one for what they
        /// have in common, the loss and the augmentation among it.
        /// </summary>
        public string ToText() => ScheduleWording.Of(schedule);

        /// <summary>Reads a schedule from JSON.</summary>
        /// <param name="json">The text.</param>
        /// <exception cref="FormatException">The text is not a schedule; the message says where.</exception>
        public static TrainingSchedule FromJson(string json)
        {
            try
            {
                TrainingSchedule read = ScheduleJson.Read(json) ?? throw new FormatException("This is not a training schedule: it is empty.");
                read.Check();
                return read;
            }
            catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException)
            {
                string fault = string.IsNullOrWhiteSpace(json) ? "it is empty." : ScheduleFaults.Of(e);
                throw new FormatException($"This is not a training schedule: {fault}", e);
            }
        }
    }
}
