# syntax=docker/dockerfile:1
FROM node:26-slim AS build
RUN npm i -g pnpm@12
WORKDIR /w
COPY . .
RUN --mount=type=cache,id=pnpm,target=/root/.local/share/pnpm/store \
    pnpm install --frozen-lockfile && pnpm -r build && pnpm deploy --filter=api --prod --legacy /out

FROM gcr.io/distroless/nodejs26-debian13
COPY --from=build /out /app
WORKDIR /app
USER nonroot
CMD ["dist/server.js"]
